"""`payment`: show one payment, ask its gateway now, or record the answer of its support."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Literal, NamedTuple, NoReturn, get_args

import click

from payflow_cfn.cli.prompts import agreed
from payflow_cfn.cli.shared import environment_option, json_option, print_json, region_option, say, yes_option

if TYPE_CHECKING:
    from payflow_cfn.cli.session import Place
    from payflow_cfn.payments.lookup import Row
    from payflow_cfn.payments.settle import Reply, Word

# The possible answers of the gateway's support (processing.operate.WORDS; a test compares them).
Says = Literal["completed", "declined", "not-charged"]


@click.command()
@click.argument("transaction_id", metavar="ID")
@environment_option
@region_option
@click.option("--ask", is_flag=True, help="Ask the gateway now.")
@click.option("--settle", type=click.Choice(get_args(Says)), help="Record the answer of the gateway's support.")
@click.option("--reference", default="", help="The gateway's own id of the charge.")
@click.option("--reason", default="", help="Why it is recorded: the support's case, and who answered.")
@yes_option
@json_option
@click.option("--html", metavar="FILE", help="Also write one HTML page, which needs no network.")
def payment(
    transaction_id: str,
    environment: str,
    region: str | None,
    ask: bool,
    settle: Says | None,
    reference: str,
    reason: str,
    yes: bool,
    as_json: bool,
    html: str | None,
) -> int:
    """Show a payment, its life and what to do now.

    Its life is what happened to it, in order of time. With --ask the gateway is asked first. With --settle the answer
    of its support is recorded, unless the gateway's own answer differs. Nothing here charges. Exit 1 if there is no
    such payment, or if the answer is not recorded.
    """
    from payflow_cfn.cli.payment_check import check_id
    from payflow_cfn.cli.session import place
    from payflow_cfn.payments.life_page import check_page
    from payflow_cfn.payments.settle import Word

    check_id(transaction_id, environment)
    if html is not None:
        check_page(html)
    word = Word(settle, reference, reason) if settle else None
    _check_usage(ask=ask, word=word, given=bool(reference or reason), yes=yes)
    desk = _open_desk(place(environment, region), transaction_id)
    if ask or word:
        desk.check_sent()
    if word is not None:
        desk.check_open(word)
        if not agreed(desk.question(word), desk.here, yes=yes):
            return 1
    reply = desk.send(word) if ask or word else None
    with desk.stopped(word) if reply else nullcontext():
        desk.show(reply, word, as_json=as_json, html=html)
    return 0


def _check_usage(*, ask: bool, word: Word | None, given: bool, yes: bool) -> None:
    if word is None:
        if given:
            raise click.UsageError("--reference and --reason belong to --settle")
        if yes:
            raise click.UsageError("--yes belongs to --settle, which alone asks a question")
        return
    if ask:
        raise click.UsageError("choose one of --ask and --settle: --settle asks the gateway first")
    needed = {"--reason (the support's case and answer)": word.reason}
    if word.says == "completed":
        needed["--reference (the gateway's own id of the charge)"] = word.reference
    missing = [option for option, value in needed.items() if not value.strip()]
    if missing:
        raise click.UsageError(f"--settle {word.says} needs {' and '.join(missing)}")
    from payflow_cfn.artifacts.shipped import load_shipped
    from payflow_cfn.cli.payment_check import refuse_card_data

    bounds = load_shipped("payments/bounds.py")
    _check_length("--reason", word.reason, bounds.ERROR_LENGTH)
    _check_length("--reference", word.reference, bounds.REFERENCE_LENGTH)
    refuse_card_data(word.reason, "--reason", remedy="leave the card out; the support's case is enough")
    refuse_card_data(
        word.reference,
        "--reference",
        remedy="pass the gateway's own id of the charge; if that looks like a card number, the support's case",
    )


def _check_length(option: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise click.UsageError(f"{option} has {len(text)} characters, the limit is {limit}")


def _open_desk(here: Place, transaction_id: str) -> _Desk:
    """Read the payment's row first; RunError if there is none, before anybody is asked."""
    from payflow_cfn.cli.session import workflow_of
    from payflow_cfn.payments.lookup import read_row

    machine, table, groups = workflow_of(here)
    row = read_row(here.client("dynamodb"), table=table, transaction_id=transaction_id)
    return _Desk(here, machine, table, groups, row)


class _Desk(NamedTuple):
    """One payment in its environment, with its row as it was read."""

    here: Place
    machine: str
    table: str
    log_groups: tuple[str, ...]
    row: Row

    @property
    def amount(self) -> str:
        """The amount with its currency."""
        return f"{self.row.facts.get('amount', 'no amount')} {self.row.facts.get('currency', '')}".strip()

    def check_sent(self) -> None:
        """RunError if nothing was sent to the gateway: there is no charge to ask about."""
        from payflow_cfn.errors import RunError
        from payflow_cfn.payments.lookup import FINAL, next_step

        if self.row.status not in FINAL and "sent_until" not in self.row.facts:
            raise RunError(
                f"nothing was sent to the gateway for {self.row.transaction_id} ({self.row.status or 'no status'})",
                remedy=next_step(self.row, None).removeprefix("nothing was sent: ").removeprefix("nothing: "),
            )

    def check_open(self, word: Word) -> None:
        """RunError if the row's status is final, unless this word settles a contradiction of it."""
        from payflow_cfn.errors import RunError
        from payflow_cfn.payments.lookup import refusal, refusal_step

        refused = refusal(self.row, word.says)
        if refused:
            message = f"{self.row.transaction_id} was not settled, because {refused}"
            raise RunError(message, remedy=refusal_step(self.row))

    def question(self, word: Word) -> str:
        """The question before a word is recorded: the payment, its status and environment, and the word."""
        name, facts = self.row.transaction_id, f"{self.amount}, {self.row.status} in {self.here.environment}"
        hint = (
            " For a charge that the gateway does not know, the word is not-charged." if word.says == "declined" else ""
        )
        return f"Record {name} ({facts}) as {word.says}? It is final.{hint}"

    def send(self, word: Word | None) -> Reply:
        """Ask the gateway, or settle by `word`; send the notice of a final status if none was sent.

        RunError when a word is refused; the notice of the gateway's own answer is sent before that.
        """
        from payflow_cfn.cli.session import caller_of
        from payflow_cfn.payments.lookup import TOLD
        from payflow_cfn.payments.settle import ask_gateway, read_workflow, settle_payment

        name, functions = self.row.transaction_id, self.here.client("lambda")
        workflow = read_workflow(self.here.client("stepfunctions"), self.machine)
        by = caller_of(self.here)
        with self.stopped(word):
            if word is None:
                reply = ask_gateway(functions, workflow, name, by=by)
            else:
                reply = settle_payment(functions, workflow, name, word, by=by)
            if reply.status in TOLD and not reply.told:
                self._tell("its notice")
            elif reply.status == "CONTRADICTED" and "contradicted_at" not in self.row.facts:
                self._tell("the notice of the contradiction")
        if reply.refused and word is not None:
            self._refuse(reply, word, by)
        return reply

    def _refuse(self, reply: Reply, word: Word, by: str) -> NoReturn:
        """Raise the RunError for a word that was not recorded, because of the gateway's own answer or a refusal."""
        from payflow_cfn.errors import RunError
        from payflow_cfn.payments.lookup import ANSWERS, WORD_OF, refused_step

        name = self.row.transaction_id
        if reply.said in ("SUCCEEDED", "DECLINED"):
            reference = f" ({reply.reference})" if reply.reference else ""
            agrees = "agrees, and " if WORD_OF.get(reply.status) == word.says else ""
            message = f"{ANSWERS[reply.said]}{reference}: recorded {reply.status}; your word {agrees}was not recorded"
            raise RunError(message, remedy=refused_step(name), by=by)
        remedy = refused_step(name, said=reply.said, not_before=reply.not_before, says=word.says)
        raise RunError(f"{name} was not settled, because {reply.refused}", remedy=remedy, by=by)

    def show(self, reply: Reply | None, word: Word | None, *, as_json: bool, html: str | None) -> None:
        """Print the payment, and write its page; after a question, with its row read again."""
        from payflow_cfn.cli.command_hints import current_options, whole
        from payflow_cfn.payments import lookup
        from payflow_cfn.payments.life import read_life
        from payflow_cfn.payments.life_page import write_page

        row = self._read() if reply else self.row
        life = read_life(
            self.here.client("stepfunctions"),
            self.here.client("logs"),
            machine_arn=self.machine,
            groups=self.log_groups,
            row=row,
        )
        said = reply.said if reply else ""
        unasked = lookup.not_asked(row) if reply and not said and word is None else ""
        if reply is not None and reply.status == "UNKNOWN":
            step = lookup.open_step(row, said, reply.not_before)
        else:
            step = lookup.next_step(row, life.newest)
        step = whole(step, current_options())
        if as_json:
            print_json(lookup.as_json(row, life, step, said=said, unasked=unasked))
        else:
            say(lookup.as_text(row, life, step, said=said, unasked=unasked))
        if html:
            write_page(html, row, life, step, lookup.known_facts(row, life.newest, said=said, unasked=unasked))
            say(f"wrote {html}", err=True)

    def stopped(self, word: Word | None) -> AbstractContextManager[None]:
        """Turn Ctrl-C after the request into an error with what may have happened."""
        from payflow_cfn.cli.signals import stopped_after
        from payflow_cfn.workflow.payment_input import payment_command

        name = self.row.transaction_id
        may = "your word may have been recorded" if word else "the gateway may have been asked, and its answer recorded"
        return stopped_after(f"{may} for {name}, and its notice sent", f"{payment_command(name)} shows it")

    def _read(self) -> Row:
        from payflow_cfn.payments.lookup import read_row

        return read_row(self.here.client("dynamodb"), table=self.table, transaction_id=self.row.transaction_id)

    def _tell(self, notice: str) -> None:
        """Start the payment's workflow once more: it sends the notice that is due, and counts a contradiction."""
        from payflow_cfn.errors import RunError
        from payflow_cfn.workflow.execution import follow_payment
        from payflow_cfn.workflow.run import start_anew

        sfn = self.here.client("stepfunctions")
        begun = start_anew(sfn, self.machine, self.row.payment)
        try:
            follow_payment(sfn, begun)
        except RunError as error:
            say(f"{notice} is on the way. {error}", err=True)
