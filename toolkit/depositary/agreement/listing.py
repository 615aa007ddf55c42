"""An agreement as text for a terminal."""

from collections.abc import Iterator, Sequence

from depositary.agreement.agree import Agreement
from depositary.agreement.codebook import entry_lines
from depositary.agreement.detection import Detection
from depositary.agreement.figures import coefficient, figure, interval_text, per_cent
from depositary.agreement.measured import Disagreement, Measured
from depositary.agreement.rounds import changes
from depositary.wording.plain import number

_WORST = 20  # of a variable
_WORDS = 60  # characters of a value
_WORDY = 2  # columns of the figures that are words


def listing(agreement: Agreement, before: Agreement | None = None) -> str:
    """Write an agreement: who found what, the figures of each variable, and the worst disagreements."""
    rounds = _rounds(before, agreement) if before else ()
    return "\n".join((*_lines(agreement), *rounds)) + "\n"


def _lines(agreement: Agreement) -> Iterator[str]:
    of = f", coded from {', '.join(agreement.sources)}" if agreement.sources else ""
    yield f"{number(len(agreement.coders), 'coder')}: {', '.join(agreement.coders)}{of}"
    yield ""
    yield "who found what"
    for found in agreement.detections:
        yield from _detection(found)
    if not agreement.detections:
        yield "  nobody found anything"
    yield ""
    yield "how far the values agree, on what several found"
    if agreement.undefined:
        yield f"  all figures are undefined: {agreement.undefined}"
        return
    yield from _variables(agreement.variables)
    reasons = [one for one in agreement.variables if one.alpha.reason]
    for one in reasons:
        yield f"  α of {_name(one)} is undefined: {one.alpha.reason}"
    yield "  .667 and .800 are customary marks; nothing here depends on them. * is free text, in which nobody expects"
    yield "  that two people choose the same words."
    for one in agreement.variables:
        yield from _worst(one)
    for one in agreement.variables:
        yield from _confusions(one)


def _detection(of: Detection) -> Iterator[str]:
    how = ", ".join(f"{count} by {by}" for by, count in of.matched.items() if count)
    yield f"  {of.table}: {number(of.items, 'item')}; found by several: {how or 'none'}"
    for pair in of.pairs:
        yield (
            f"    {pair.coder} and {pair.other}: both {pair.both}, only {pair.coder} {pair.own - pair.both}, "
            f"only {pair.other} {pair.others - pair.both}; precision {figure(pair.precision)}, "
            f"recall {figure(pair.recall)}, F1 {figure(pair.f1)}, Jaccard {figure(pair.jaccard)}"
        )
    for one in of.against_all:
        yield (
            f"    {one.coder} against all: {one.own} of {one.others}; precision {figure(one.precision)}, "
            f"recall {figure(one.recall)}, F1 {figure(one.f1)}, Jaccard {figure(one.jaccard)}"
        )
    for item in of.alone:
        coder, row = next(iter(item.rows.items()))
        yield f"    only {coder}: {row.given}{f'  {_short(row.words)}' if row.words else ''}"


def _variables(variables: Sequence[Measured]) -> Iterator[str]:
    head = ("variable", "level", "coders", "units", "left out", "values", "missing", "equal", "α", "95 %", "AC1", "")
    rows = [head, *(_figures(one) for one in variables)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(head))]
    for row in rows:
        pairs = zip(row, widths, strict=True)
        cells = [cell.ljust(width) if at < _WORDY else cell.rjust(width) for at, (cell, width) in enumerate(pairs)]
        yield f"  {'  '.join(cells).rstrip()}"


def _figures(of: Measured) -> tuple[str, ...]:
    return (
        _name(of) + ("*" if of.variable.is_free_text else ""),
        of.variable.level.value,
        str(len(of.coders)),
        str(of.compared),
        str(of.left_out),
        str(of.pairable),
        per_cent(of.missing),
        per_cent(of.agreement.value),
        coefficient(of.alpha),
        interval_text(of),
        coefficient(of.ac1),
        of.mark,
    )


def _name(of: Measured) -> str:
    return f"{of.variable.table}.{of.variable.name}"


def _worst(of: Measured) -> Iterator[str]:
    if not of.worst or of.variable.is_free_text:
        return
    yield ""
    yield f"{_name(of)}: {number(len(of.worst), 'disagreement')}, the worst first"
    for case in of.worst[:_WORST]:
        yield from _case(case)
    if len(of.worst) > _WORST:
        yield f"  and {number(len(of.worst) - _WORST, 'more disagreement')}, which --format csv or json has"


def _case(case: Disagreement) -> Iterator[str]:
    item = case.unit.item
    link = case.conflict_id or "no conflict yet, because the rows are only suggested to be the same"
    yield f"  {item.id} ({link})"
    for coder, text in sorted(case.unit.texts.items()):
        where = "; ".join(map(str, case.passages.get(coder, ())))
        yield f"    {coder}: {_short(text)}{f'    {where}' if where else ''}"


def _short(text: str) -> str:
    return f"{text[:_WORDS]}…" if len(text) > _WORDS else text


def _confusions(of: Measured) -> Iterator[str]:
    shown: set[str] = set()
    for one in of.confusions:
        yield ""
        yield f"{_name(of)}: {' and '.join(one.codes)} are confused {number(one.times, 'time')}"
        for (coder, code), times in one.by.items():
            yield f"  {coder} gave {code} {number(times, 'time')}"
        for code in one.codes:
            lines = [f"{code}: see above"] if code in shown else entry_lines(of.variable.field, code)
            yield from (f"  {line}" for line in lines)
            shown.add(code)
        passages = sorted({str(p) for case in one.cases for some in case.passages.values() for p in some})
        yield from (f"  passage: {passage}" for passage in passages)


def _rounds(before: Agreement, after: Agreement) -> Iterator[str]:
    yield ""
    yield "since the earlier round"
    for one in changes(before, after):
        was, now = (coefficient(of.alpha) if of else "–" for of in (one.before, one.after))
        rise = "" if one.alpha is None else f" ({float(one.alpha):+.3f})"
        yield f"  {one.table}.{one.variable}: α {was} → {now}{rise}"
        for codes, earlier, later in one.confusions:
            yield f"    {' and '.join(codes)} confused: {earlier} → {later}"
