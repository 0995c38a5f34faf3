"""AWS Lambda durable functions: a payment in AWS's SDK, run by AWS's own test runner.

https://docs.aws.amazon.com/durable-execution/patterns/best-practices/idempotency/ recommends a step that runs at most
once, without retries, "such as charging a payment card", and, for a bank that takes keys, a key that a step makes.
https://docs.aws.amazon.com/lambda/latest/dg/durable-execution-idempotency.html has the execution's name.

    pip install aws-durable-execution-sdk-python==3.0.0 aws-durable-execution-sdk-python-testing==1.4.0
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from aws_durable_execution_sdk_python import DurableContext, StepContext, durable_execution, durable_step
from aws_durable_execution_sdk_python.config import Duration, StepConfig, StepSemantics
from aws_durable_execution_sdk_python.exceptions import CheckpointError, StepError
from aws_durable_execution_sdk_python.lambda_service import OperationAction
from aws_durable_execution_sdk_python.retries import RetryDecision, RetryPresets
from aws_durable_execution_sdk_python_testing.executor import Executor
from aws_durable_execution_sdk_python_testing.runner import DurableFunctionTestRunner
from rival_world import RivalWorld, finish

from payflow_cfn.local.faults.simulation import AnswerLost, Killed

# The default strategy: six attempts, five seconds doubled up to a minute, full jitter.
_ATTEMPTS, _FIRST, _MOST = 6, 5, 60
_AT_ONCE = 16


@dataclass(slots=True)
class DurableWorld(RivalWorld):
    """A step makes a key, a step with the default retries charges under it."""

    result: str = "open"

    def execute(self) -> str:
        """Return the execution that has the payment's name: a second start under a name starts nothing."""
        return self.result

    def status(self) -> str:
        """Return the execution's result."""
        return self.result

    def charging(self) -> StepConfig:
        """Return the configuration of the step that charges."""
        return StepConfig(retry_strategy=self.retries())

    def retries(self) -> Callable[[Exception, int], RetryDecision]:
        """Return the default strategy, with a jitter that the payment decides, on the world's clock."""
        jitter = random.Random(self.payment["transaction_id"])

        def decide(_error: Exception, attempt: int) -> RetryDecision:
            if attempt >= _ATTEMPTS:
                return RetryDecision.no_retry()
            seconds = max(1, round(jitter.uniform(0, min(_FIRST * 2 ** (attempt - 1), _MOST))))
            self.passed(seconds)
            return RetryDecision.retry(Duration.from_seconds(seconds))

        return decide


class AtMostOnceWorld(DurableWorld):
    """The step that charges runs at most once and is not retried; the bank gets no key."""

    __slots__ = ()

    def charging(self) -> StepConfig:
        """Return the configuration of the step that charges."""
        return StepConfig(step_semantics=StepSemantics.AT_MOST_ONCE_PER_RETRY, retry_strategy=RetryPresets.none())


def run_durable(worlds: Sequence[Any]) -> None:
    """Run the payments, some at once: the runner waits for its threads most of the time."""
    # The world's clock has the pause; here it would be a real one.
    Executor.RETRY_BACKOFF_SECONDS = 0
    by_id = {each.payment["transaction_id"]: each for each in worlds}
    with DurableFunctionTestRunner(handler=lambda event, context: _invoked(by_id, event, context)) as runner:
        for first in range(0, len(worlds), _AT_ONCE):
            started = [(each, _start(runner, each)) for each in worlds[first : first + _AT_ONCE]]
            for world, arn in started:
                done = runner.wait_for_result(arn, timeout=300)
                world.result = json.loads(done.result) if done.result else "open"
                finish(world)


def _start(runner: DurableFunctionTestRunner, world: DurableWorld) -> str:
    world.started = 1
    return runner.run_async(input=json.dumps(world.payment), execution_name=world.payment["transaction_id"])


def _invoked(worlds: dict[str, DurableWorld], event: Any, context: Any) -> Any:
    """Invoke the function once; a killed one is an error to the service, which invokes it again."""
    payment = json.loads(event.initial_execution_state.operations[0].execution_details.input_payload)
    world = worlds[payment["transaction_id"]]
    answers: list[Any] = []
    struck = replace(event, service_client=StruckClient(event.service_client, world))
    error = world.invoke(lambda: answers.append(payment_function(world)(struck, context)))
    if error:
        raise RuntimeError(str(error)) from error
    return answers[0]


def payment_function(world: DurableWorld) -> Callable[[Any, Any], Any]:
    """Return the durable function."""

    @durable_step
    def make_key(_: StepContext) -> str:
        return str(uuid.uuid4())

    @durable_step
    def charge(_: StepContext, key: str) -> str:
        return world.charge(key)

    @durable_step
    def notify(_: StepContext, status: str) -> None:
        world.notify(status)

    @durable_execution
    def pay(_event: Any, context: DurableContext) -> str:
        quiet = StepConfig(retry_strategy=world.retries())
        key = context.step(make_key(), name="key")
        try:
            outcome: str = context.step(charge(key), name="charge", config=world.charging())
        except StepError:
            context.step(notify("UNKNOWN"), name="notify", config=quiet)
            return "open"
        if outcome == "DECLINED":
            context.step(notify("DECLINED"), name="notify", config=quiet)
        return "COMPLETED" if outcome == "SUCCEEDED" else outcome

    return pay


@dataclass(slots=True)
class StruckClient:
    """The service's checkpoints with faults. A start that nobody waits for has none: it may come at any moment."""

    client: Any
    world: DurableWorld

    def checkpoint(self, **request: Any) -> Any:
        """Write a checkpoint."""

        def save() -> Any:
            return self.client.checkpoint(**request)

        if all(each.action is OperationAction.START for each in request["updates"]):
            return save()
        try:
            return self.world.write(save)
        except (AnswerLost, Killed) as error:
            raise CheckpointError(str(error)) from error

    def get_execution_state(self, *arguments: Any, **named: Any) -> Any:
        """Read the checkpoints."""
        return self.client.get_execution_state(*arguments, **named)
