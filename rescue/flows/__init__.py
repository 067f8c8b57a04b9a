"""What a person goes through, from wish to result, whatever the screen: written once, shown by `tui` and by `plain`.

A flow is a coroutine that reads from top to bottom. It asks through a `Front`, and does through an `Engine`.
"""
