"""Check the rules of a package on its typed tables."""

from collections.abc import Collection, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from depositary.check.documents.descriptor import finding
from depositary.check.lanes.known import Recall
from depositary.check.reading.columns import have_few_rows
from depositary.check.rules.compiler import Compiler
from depositary.check.rules.derived import derive, has_passages, passages_without_text, snapshots_in
from depositary.check.rules.named import CHECKS
from depositary.check.rules.rule_run import RuleRun
from depositary.check.rules.rulebook import Rulebook, read_rulebook
from depositary.check.rules.staged_tables import StagedTables
from depositary.check.rules.table_sink import TableSink
from depositary.check.rules.violations import PreparedRule, rules_kept
from depositary.compile.language import RuleError
from depositary.compile.scope import Link, Links, together
from depositary.engine.engine import Opener
from depositary.errors import EngineError
from depositary.model.finding import Finding, Level
from depositary.model.package import Package, Resource
from depositary.model.report import NotJudged, RulesReport
from depositary.model.rule import Need, Rule, RuleOptions
from depositary.model.table import kind_of
from depositary.model.tally import Tally
from depositary.model.target import Target
from depositary.wording.plain import number

SECONDS = 600.0  # limit for one rule; a stranger's query may run without end

_NAMED = 5  # sources that a line names
_KEPT = 1_000  # findings of a rule that are kept for the next validation of the same run
_NEEDED = {"previous": Need.PREVIOUS, "snapshots": Need.SNAPSHOTS}

_LACKING = {
    Need.PACKAGE: "it is only for whole packages, not for contributions and single files",
    Need.PREVIOUS: "no earlier release is given; name it with --previous",
    Need.SNAPSHOTS: "the coded texts are not given; name their folder with --snapshots",
}


class Rules:
    """The rules of one target, from reading them to their findings."""

    def __init__(self, target: Target, package: Package, asked: RuleOptions, recall: Recall | None = None) -> None:
        self.findings: list[Finding] = []
        self._target, self._package, self._asked = target, package, asked
        self._lacking: dict[str, list[str]] = {}  # reason → rules
        self._not_judged: list[NotJudged] = []
        self._judged: list[str] = []
        book = read_rulebook(package.descriptor, package.directory)
        self.findings += book.findings
        self._book: Rulebook = book.selected(asked.select)
        self._tables = {r.name: r.table for r in package}
        self._compiler = Compiler(self._tables, asked.as_of)
        self._own = {entry.resource.name for entry in target.inputs}
        self._recall = recall or Recall(target.parents)
        self._known = self._recall.known.violations
        self._ready = [ready for rule in self._book.rules if (ready := self._prepare(rule))]
        self._addresses = {ready.rule.id: self._address(ready) for ready in self._ready}
        found = {one: self._known.get(address) for one, address in self._addresses.items()}
        self._before = {one: findings for one, findings in found.items() if findings is not None}
        self._unknown = [ready for ready in self._ready if ready.rule.id not in self._before]

    @property
    def labels(self) -> list[Rule]:
        """Give the rules that add their ids to findings of other checks."""
        return [rule for rule in self._book.rules if rule.labels]

    @property
    def columns(self) -> dict[str, set[str]]:
        """Name the columns to stage, by table."""
        wanted: dict[str, set[str]] = {}
        for ready in self._unknown:
            for table, names in ready.columns.items():
                for real, columns in self._behind(table, names):
                    wanted.setdefault(real, set()).update(columns)
        return wanted

    def links(self) -> dict[str, Links]:
        """Give the rows of each table that the rules need besides the checked ones: docs/rules.md, "Scope"."""
        found: dict[str, Links] = {}
        for ready in self._unknown:
            for table, links in ready.links.items():
                for real, _ in self._behind(table, ()):
                    mine = self._linked_by_id(real, links) if table in self._compiler.derived else links
                    found[real] = together(found.get(real, frozenset()), mine)
        return found

    def _linked_by_id(self, table: str, links: Links) -> Links:
        """Give the links of a table whose rows are read as records: its key is in their ids."""
        key = self._tables[table].primary_key
        if links is None or len(key) != 1 or not kind_of(self._tables[table][key[0]]).is_text:
            return None
        by_id = {(link.other, other) for link in links for name, other in link.pairs if name == "record_id"}
        if len({other for other, _ in by_id}) < len({link.other for link in links}):
            return None
        return frozenset(Link(other, frozenset({(key[0], column)}), by_id=True) for other, column in by_id)

    @property
    def reads(self) -> dict[str, dict[str, set[str]]]:
        """Name the columns that each rule reads, by rule and table."""
        found: dict[str, dict[str, set[str]]] = {}
        for ready in self._ready:
            read = found.setdefault(ready.rule.id, {})
            for table, names in ready.columns.items():
                for real, columns in self._behind(table, names):
                    read.setdefault(real, set()).update(columns)
        return found

    @contextmanager
    def staged(self, opener: Opener, memory: int) -> Iterator[StagedTables | None]:
        """Open an engine, which may take so many bytes, and the stage in it, if there is a rule to run."""
        if not self._unknown:
            yield None
            return
        with opener(SECONDS, memory, few_rows=have_few_rows(self._files())) as engine:
            yield StagedTables(engine, self._target, self._tables, self.columns, self.links)

    def divide(self, sink: TableSink, table: str, stage: StagedTables, large: Collection[str], examples: int) -> None:
        """Let other machines judge rules where the rows of a table are, as far as this finds the same.

        `large` names all tables that are judged so; the others were checked already.
        """
        from depositary.check.rules.divided import Divider  # noqa: PLC0415 (its libraries take time to load)

        if self._target.is_part:
            return
        divider = Divider(stage, self._target.inputs, large, examples, SECONDS)
        sink.divided = divider.divide(self._unknown, table)
        divided = {ready.rule.id for part in sink.divided for ready in part.rules}
        read = {name for one, of in self.reads.items() if one not in divided for name in of.get(table, ())}
        sink.sent = [name for name in sink.names if name in read]

    def _files(self) -> Iterator[Resource]:
        """Give the files whose rows may be staged."""
        for entry in (*self._target.inputs, *(entry for entries in self._target.parents.values() for entry in entries)):
            yield entry.resource
            if entry.base:
                yield entry.base

    def judge(self, stage: StagedTables | None, tallies: Mapping[str, Tally]) -> None:
        """Run the prepared rules, and add their findings to the tables of their rows.

        Rules that the same run has judged on the same tables have the findings that they had.
        """
        judgeable = self._staged_for(stage) if stage else {}
        for ready in self._ready:
            before = self._before.get(ready.rule.id)
            if before is not None:
                for found in before:
                    tallies[found.table].put(found)
                self._judged.append(ready.rule.id)
            elif stage and ready.rule.id in judgeable:
                self._run(judgeable[ready.rule.id], stage, tallies)

    def _staged_for(self, stage: StagedTables) -> dict[str, PreparedRule]:
        """Prepare the stage, and give the rules that can be checked, without the tests that no row breaks."""
        texts = snapshots_in(self._asked.snapshots) if self._asked.snapshots else {}
        derive(stage, self._package, self._asked.previous, texts)
        self._say_refused(stage)
        self._say_without_text(stage)
        judgeable = [ready for rule in self._unknown if (ready := self._judgeable(rule, stage))]
        tests = (test for ready in judgeable for test in ready.tests if test.table not in stage.found)
        kept = rules_kept(stage, tests)
        return {
            ready.rule.id: replace(ready, tests=tuple(test for test in ready.tests if test not in kept))
            for ready in judgeable
        }

    def _run(self, ready: PreparedRule, stage: StagedTables, tallies: Mapping[str, Tally]) -> None:
        keeps = self._keeps(ready, stage)
        findings: list[Finding] = []
        run = RuleRun(ready, stage, self._own, self._level(ready.rule))
        try:
            for found in run.findings():
                tallies[found.table].put(found)
                if keeps and len(findings) <= _KEPT:
                    findings.append(found)
        except EngineError as error:
            self._cannot_run(ready.rule, str(error))
        else:
            self._judged.append(ready.rule.id)
            if keeps and len(findings) <= _KEPT:
                self._known[self._addresses[ready.rule.id]] = tuple(findings)
        for (table, column), count in run.more.items():
            tallies[table].count("rule", column, count, run.level, ready.rule.id)

    def _address(self, ready: PreparedRule) -> Hashable:
        """Tell apart a rule and the content of all tables that it reads; None if it is not stored."""
        if self._target.is_part or self._asked.previous or self._asked.snapshots:
            return None
        inputs = {entry.resource.name: entry for entry in self._target.inputs}
        tables = [(name, self._recall.table(inputs[name]) if name in inputs else "") for name in self._read(ready)]
        if any(table is None for _, table in tables):
            return None
        return ready.rule, self._compiler.as_of, self._level(ready.rule), tuple(tables)

    def _keeps(self, ready: PreparedRule, stage: StagedTables) -> bool:
        """Return whether the findings of a rule are stored: it has an address, and all that it reads was readable."""
        tables = [name for name in self._read(ready) if name in self._tables]
        found = stage.found
        is_sound = not any(
            name in stage.unready or name in stage.refused or name in found or stage.lacks(name) for name in tables
        )
        return self._addresses[ready.rule.id] is not None and is_sound

    def report(self) -> RulesReport:
        """Report the rules that were checked, the day, and those that are switched off."""
        if not self._judged and not self._book.off:
            return RulesReport()
        stricter = {rule.id for rule in self._book.rules if rule.at_release and self._level(rule) != rule.at_release}
        judged = tuple(self._judged)
        return RulesReport(self._compiler.as_of.isoformat(), judged, self._book.off, frozenset(stricter & {*judged}))

    def not_judged(self) -> list[NotJudged]:
        """List the checks that could not be made, with reasons."""
        grouped = [NotJudged("", f"rules {', '.join(ids)}", why) for why, ids in self._lacking.items()]
        return [*grouped, *self._not_judged]

    # Prepare

    def _prepare(self, rule: Rule) -> PreparedRule | None:
        known = {name for name in rule.tables if name in self._tables}
        if not (rule.holds or rule.query or rule.check) or (known and not self._own & known):
            return None  # it only labels other findings, or no checked table takes part
        reason = self._absent(rule)
        try:
            ready = None if reason else self._compiled(rule)
        except RuleError as error:
            self._cannot_run(rule, str(error))
            return None
        reason = reason or (self._needed(ready) if ready else "")
        if reason:
            self._lacking.setdefault(reason, []).append(rule.id)
        return None if reason else ready

    def _absent(self, rule: Rule) -> str:
        absent = [name for name in rule.tables if name not in self._tables]
        if not absent or (rule.holds and len(absent) < len(rule.tables)):
            return ""
        if set(absent) & set(self._target.refused):
            return "the descriptor of a table that they read must be corrected first"
        return f"the package has no table {', '.join(absent)}"

    def _needed(self, ready: PreparedRule) -> str:
        read = set(ready.query.columns if ready.query else ()) & set(self._compiler.derived)
        needs = [*ready.rule.needs, *(need for name, need in _NEEDED.items() if name in read)]
        lacking = [need for need in needs if not self._has(need)]
        return _LACKING[lacking[0]] if lacking else ""

    def _has(self, need: Need) -> bool:
        return {
            Need.PACKAGE: not self._target.is_part,
            Need.PREVIOUS: self._asked.previous is not None,
            Need.SNAPSHOTS: self._asked.snapshots is not None,
        }[need]

    def _compiled(self, rule: Rule) -> PreparedRule | None:
        """Prepare a rule; None if no checked table has its columns.

        Raises:
            RuleError: the rule is refused.
        """
        ready = PreparedRule(rule)
        if rule.holds:
            tables = [name for name in rule.tables if name in self._tables and name in self._own]
            tests = tuple(test for table in tables if (test := self._compiler.test(rule, table)))
            if not tests:
                return None
            ready = PreparedRule(rule, tests=tests)
        elif rule.check:
            self._compiler.check(rule)
            ready = PreparedRule(rule, check=CHECKS[rule.check])
        else:
            ready = PreparedRule(rule, query=self._compiler.query(rule))
        for table, names in ready.columns.items():
            for real, columns in self._behind(table, names):
                self._compiler.require_distinct_names(real, columns)
        return ready

    def _cannot_run(self, rule: Rule, why: str) -> None:
        hint = "correct the rule, or switch it off with a reason in the descriptor's `rulesOff`"
        self.findings.append(finding("rule-error", f"the rule {rule.id} is refused: {why}", hint, file=rule.file))

    def _behind(self, table: str, names: Collection[str]) -> Iterator[tuple[str, Collection[str]]]:
        """Name the tables from which a derived table is made, with their columns."""
        if table not in self._compiler.derived:
            yield table, names
        elif table == "snapshots":
            yield "sources", ("source_id", "snapshot_sha256")
        elif table in ("records", "dates"):
            for name, read in self._tables.items():
                dates = [f.name for f in read.fields if f.is_edtf] if table == "dates" else []
                if read.primary_key and (table == "records" or dates):
                    yield name, {*read.primary_key, *dates}

    # Run

    def _judgeable(self, ready: PreparedRule, stage: StagedTables) -> PreparedRule | None:
        """Keep the part that can be checked: of a row rule, the tables that could be read."""
        needed = [test.table for test in ready.tests] or self._read(ready)
        reasons = {table: _unready(table, ready, stage) for table in needed}
        for reason in dict.fromkeys(filter(None, reasons.values())):
            self._lacking.setdefault(reason, []).append(ready.rule.id)
        if not ready.tests:
            return None if any(reasons.values()) else ready
        tests = tuple(test for test in ready.tests if not reasons[test.table])
        return replace(ready, tests=tests) if tests else None

    def _read(self, ready: PreparedRule) -> list[str]:
        behind = (real for table, names in ready.columns.items() for real, _ in self._behind(table, names))
        return list(dict.fromkeys((*ready.rule.tables, *behind)))

    def _level(self, rule: Rule) -> Level:
        return rule.at_release if rule.at_release and self._asked.release else rule.level

    def _say_refused(self, stage: StagedTables) -> None:
        for table, count in stage.refused.items():
            if table not in stage.unready:
                reason = "1 row has a refused cell" if count == 1 else f"{count:,} rows have refused cells"
                self._not_judged.append(NotJudged(table, "rules that read refused cells", reason))

    def _say_without_text(self, stage: StagedTables) -> None:
        """Report the passages whose text is not in the folder of texts: nothing compares them with it."""
        if not self._asked.snapshots or not has_passages(stage):
            return
        counts = passages_without_text(stage)
        if counts:
            names = ", ".join(sorted(counts)[:_NAMED]) + (" and others" if len(counts) > _NAMED else "")
            what = f"{number(sum(counts.values()), 'passage')} from {names}"
            reason = f"no text in {self._asked.snapshots} has the hash in snapshot_sha256 of the source"
            self._not_judged.append(NotJudged("evidence", what, reason))


def _unready(table: str, ready: PreparedRule, stage: StagedTables) -> str:
    if table in stage.unready:
        return stage.unready[table]
    absent = stage.absent(table, ready.columns.get(table, ()))
    return f"the column {', '.join(absent)} of {table} is missing" if absent else ""
