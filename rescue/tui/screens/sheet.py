"""Everything about one job on one page: what is chosen, what will happen, and the button that starts it."""

import asyncio
from collections.abc import Callable, Iterable
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from rescue.errors import RescueError
from rescue.flows.front import START, Estimate, Row, Sheet
from rescue.language import _
from rescue.tui import keys
from rescue.tui.lines import Lines, Words, hang, styled
from rescue.tui.screens.act import Act
from rescue.tui.screens.asked import Asked
from rescue.tui.screens.picture import CommandLines, PictureView


class SheetRow(Lines, can_focus=True):
    """One line of the sheet; Enter, Space and its key change it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "change")]

    def __init__(self, row: Row, column: int) -> None:
        super().__init__()
        self.row, self._column = row, column

    def draw(self, width: int) -> list[Content]:
        """Key, label and value in columns; a problem below."""
        row = self.row
        key = (f" {row.key.upper()} ", "$style-key") if row.key else ("   ", "")
        column = min(self._column, max(8, width // 3))
        label = styled(row.label, "$style-cursor" if self.has_focus else "")
        lead = Content.assemble("> " if self.has_focus else "  ", key, " ")
        if label.cell_length > column:
            lines = hang(lead, label, width)
            lines += hang(Content(" " * (lead.cell_length + 2)), styled(row.value, "bold $loud"), width)
        else:
            both = Content.assemble(lead, label, " " * (column - label.cell_length + 2))
            lines = hang(both, styled(row.value or "—", "bold $loud"), width)
        if row.problem:
            sign = Content.assemble(" " * (lead.cell_length), ("! ", "$style-warn"))
            lines += hang(sign, styled(row.problem, "$style-warn"), width)
        return lines

    def action_change(self) -> None:
        """Answer with its name."""
        if isinstance(self.screen, SheetScreen):
            self.screen.give(self.row.name)

    def on_click(self) -> None:
        """The same as Enter."""
        self.action_change()


class SheetScreen(Asked[str]):
    """Answers with the name of the row to change, or START. What cannot start says why instead."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)"),
        Binding("down", "step(1)"),
        Binding("home", "edge(-1)"),
        Binding("end", "edge(1)"),
    ]

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(sheet.title, sheet.help)
        self._sheet = sheet
        self._estimate: Estimate | None = Estimate() if sheet.estimate is None else None
        self._wanted = False
        for row in sheet.rows:
            if row.key:
                keys.bind(self, row.key, f"change('{row.name}')")

    def above(self) -> Iterable[Widget]:
        """What the job is."""
        return [Words([self._sheet.text], classes="text")] if self._sheet.text else []

    def content(self) -> Iterable[Widget]:
        """The rows, what is known of the job, and the button."""
        column = max((len(row.label) for row in self._sheet.rows), default=0)
        yield from (SheetRow(row, column) for row in self._sheet.rows)
        if self._sheet.start:
            yield Act(self._sheet.start, self.start)
        yield Vertical(id="estimate")
        yield CommandLines(self._sheet.command)

    def keys(self) -> dict[str, str]:
        """The letters stand in the rows."""
        return {"↑↓": _("Move"), "Enter": _("Change, or start"), "A-Z": _("Change a line")}

    async def on_mount(self) -> None:  # type: ignore[override]
        """The cursor stands on what is missing, else on the button."""
        rows = {row.row.name: row for row in self.query(SheetRow)}
        wanted: Widget | None = rows.get(self._sheet.missing)
        acts = list(self.query(Act))
        target = wanted or (acts[0] if acts else next(iter(rows.values()), None))
        if target is not None:
            self.set_focus(target)
        if self._sheet.estimate is not None:
            await self.query_one("#estimate").mount(Words([_("Estimating …")]))
            self._estimating(self._sheet.estimate)

    @work
    async def _estimating(self, estimate: Callable[[], Estimate]) -> None:
        """Show what the job needs as soon as that is known."""
        try:
            found = await asyncio.to_thread(estimate)
        except RescueError as error:
            found = Estimate(problem=error.message, hint=error.hint)
        if self.over:
            return  # the person has gone on meanwhile: there is nothing left to show it on
        await self._show(found)
        self._estimate = found
        if self._wanted:
            self.start()

    async def _show(self, found: Estimate) -> None:
        box = self.query_one("#estimate")
        problem = [styled(f"! {found.problem}", "$style-bad")] if found.problem else []
        hint = [styled(f"  {found.hint}", "")] if found.problem and found.hint else []
        with self.app.batch_update():
            await box.remove_children()
            lines = [*(styled(line, "") for line in found.lines), *problem, *hint]
            await box.mount_all([Words(lines, id="estimated"), *map(PictureView, found.pictures)])

    def action_change(self, name: str) -> None:
        """Answer with the row of a key."""
        self.give(name)

    def start(self) -> None:
        """Start, unless something stands against it. Where that is not known yet, as soon as it is."""
        if self._estimate is None:
            self._wanted = True
            self.say(_("It goes on as soon as the estimate is there. Esc goes back."), style="")
            return
        self._wanted = False
        if self._estimate.problem:
            self.say(self._estimate.problem, self._estimate.hint, style="$style-bad")
        else:
            self.give(START)
