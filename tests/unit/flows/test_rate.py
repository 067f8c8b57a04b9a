"""The rate follows what the drives do now."""

from rescue.flows.rate import Rate


def test_the_rate_is_that_of_the_last_moments() -> None:
    rate = Rate()
    rate.add(0.0, 0)
    assert rate.per_second() == 0
    for second in range(1, 11):
        rate.add(second, second * 100)
    assert rate.per_second() == 100
    for second in range(11, 41):
        rate.add(second, 1000 + (second - 10) * 10)
    assert rate.per_second() == 10


def test_without_points_there_is_no_rate() -> None:
    assert Rate().per_second() == 0
