"""The metrics that AWS services publish, with the dimensions that they publish them by.

A service is here only with all its metrics: of any other one it is not known what it publishes.
"""

from __future__ import annotations

from collections.abc import Mapping

_LAMBDA_CALLS = """Invocations Errors DeadLetterErrors DestinationDeliveryFailures Throttles OversizedRecordCount
    ProvisionedConcurrencyInvocations ProvisionedConcurrencySpilloverInvocations RecursiveInvocationsDropped
    Duration PostRuntimeExtensionsDuration IteratorAge OffsetLag ConcurrentExecutions ProvisionedConcurrentExecutions
    ProvisionedConcurrencyUtilization AsyncEventsReceived AsyncEventAge AsyncEventsDropped SignatureValidationErrors
    UrlRequestCount Url4xxCount Url5xxCount UrlRequestLatency"""
_LAMBDA_SOURCES = """PolledEventCount FilteredOutEventCount InvokedEventCount FailedInvokeEventCount DroppedEventCount
    OnFailureDestinationDeliveredEventCount DeletedEventCount ProvisionedPollers"""
_EXECUTIONS = """ExecutionsAborted ExecutionsFailed ExecutionsStarted ExecutionsSucceeded ExecutionsTimedOut
    ExecutionThrottled ExecutionTime ExpressExecutionMemory ExpressExecutionBilledDuration
    ExpressExecutionBilledMemory ExecutionsRedriven RedrivenExecutionsAborted RedrivenExecutionsFailed
    RedrivenExecutionsSucceeded RedrivenExecutionsTimedOut"""
_ACTIVITIES = """ActivityRunTime ActivityScheduleTime ActivityTime ActivitiesFailed ActivitiesHeartbeatTimedOut
    ActivitiesScheduled ActivitiesStarted ActivitiesSucceeded ActivitiesTimedOut"""
_TASKS = "{0}RunTime {0}ScheduleTime {0}Time {0}sFailed {0}sScheduled {0}sStarted {0}sSucceeded {0}sTimedOut"
_QUEUES = """ApproximateAgeOfOldestMessage ApproximateNumberOfMessagesDelayed ApproximateNumberOfMessagesNotVisible
    ApproximateNumberOfMessagesVisible NumberOfEmptyReceives NumberOfMessagesDeleted NumberOfMessagesReceived
    NumberOfMessagesSent SentMessageSize NumberOfDeduplicatedSentMessages
    ApproximateNumberOfGroupsWithInflightMessages ApproximateNumberOfNoisyGroups
    ApproximateNumberOfMessagesVisibleInQuietGroups ApproximateNumberOfMessagesNotVisibleInQuietGroups
    ApproximateNumberOfMessagesDelayedInQuietGroups ApproximateAgeOfOldestMessageInQuietGroups"""
_CAPACITY = """ConsumedReadCapacityUnits ConsumedWriteCapacityUnits OnDemandMaxReadRequestUnits
    OnDemandMaxWriteRequestUnits ProvisionedReadCapacityUnits ProvisionedWriteCapacityUnits
    ReadAccountLimitThrottleEvents ReadKeyRangeThroughputThrottleEvents ReadMaxOnDemandThroughputThrottleEvents
    ReadProvisionedThroughputThrottleEvents ReadThrottleEvents WriteAccountLimitThrottleEvents
    WriteKeyRangeThroughputThrottleEvents WriteMaxOnDemandThroughputThrottleEvents
    WriteProvisionedThroughputThrottleEvents WriteThrottleEvents"""
# Namespace, sets of dimensions ("" for none), metrics: each service's page of CloudWatch metrics.
_ROWS = (
    ("AWS/Lambda", ("", "FunctionName", "FunctionName Resource", "ExecutedVersion FunctionName Resource"),
     _LAMBDA_CALLS),
    ("AWS/Lambda", ("",), "ConcurrentExecutions UnreservedConcurrentExecutions ClaimedAccountConcurrency"),
    ("AWS/Lambda", ("EventSourceMappingUUID", "EventSourceMappingUUID FunctionName"), _LAMBDA_SOURCES),
    ("AWS/States", ("StateMachineArn", "StateMachineArn Version", "Alias StateMachineArn"), _EXECUTIONS),
    ("AWS/States", ("ActivityArn",), _ACTIVITIES),
    ("AWS/States", ("LambdaFunctionArn",), _TASKS.format("LambdaFunction") + " LambdaFunctionsHeartbeatTimedOut"),
    ("AWS/States", ("ServiceIntegrationResourceArn",), _TASKS.format("ServiceIntegration")),
    ("AWS/States", ("APIName", "ServiceMetric", "StateTransition"),
     "ThrottledEvents ProvisionedBucketSize ProvisionedRefillRate ConsumedCapacity"),
    ("AWS/States", ("",), """OpenExecutionCount OpenExecutionLimit ApproximateOpenMapRunCount OpenMapRunLimit
     ApproximateMapRunBacklogSize"""),
    ("AWS/SQS", ("QueueName",), _QUEUES),
    ("AWS/DynamoDB", ("TableName", "GlobalSecondaryIndexName TableName"), _CAPACITY),
    ("AWS/DynamoDB", ("GlobalSecondaryIndexName TableName",),
     "OnlineIndexConsumedWriteCapacity OnlineIndexPercentageProgress OnlineIndexThrottleEvents"),
    ("AWS/DynamoDB", ("TableName",), "ConditionalCheckFailedRequests TimeToLiveDeletedItemCount TransactionConflict"),
    ("AWS/DynamoDB", ("Operation TableName", "GlobalSecondaryIndexName Operation TableName"), "ThrottledRequests"),
    ("AWS/DynamoDB", ("Operation TableName",),
     "FaultInjectionServiceInducedErrors ReturnedItemCount SuccessfulRequestLatency SystemErrors"),
    ("AWS/DynamoDB", ("Operation StreamLabel TableName",),
     "ReturnedBytes ReturnedRecordsCount SuccessfulRequestLatency SystemErrors ThrottledRequests"),
    ("AWS/DynamoDB", ("ReceivingRegion TableName",), "PendingReplicationCount ReplicationLatency"),
    ("AWS/DynamoDB", ("DelegatedOperation TableName",), """AgeOfOldestUnreplicatedRecord ConsumedChangeDataCaptureUnits
     FailedToReplicateRecordCount ThrottledPutRecordCount"""),
    ("AWS/DynamoDB", ("",), """AccountMaxReads AccountMaxTableLevelReads AccountMaxTableLevelWrites AccountMaxWrites
     AccountProvisionedReadCapacityUtilization AccountProvisionedWriteCapacityUtilization
     MaxProvisionedTableReadCapacityUtilization MaxProvisionedTableWriteCapacityUtilization UserErrors"""),
)  # fmt: skip

# {namespace: {metric: the sets of dimensions that it is published by, each sorted}}.
METRICS: Mapping[str, Mapping[str, frozenset[tuple[str, ...]]]] = {
    namespace: {
        metric: frozenset(
            tuple(names.split())
            for other, sets, metrics in _ROWS
            if other == namespace and metric in metrics.split()
            for names in sets
        )
        for row, _, metrics_of_row in _ROWS
        if row == namespace
        for metric in metrics_of_row.split()
    }
    for namespace in ("AWS/DynamoDB", "AWS/Lambda", "AWS/SQS", "AWS/States")
}

# What only ever counts something that went wrong.
_FAULTS = """Errors DeadLetterErrors DestinationDeliveryFailures Throttles AsyncEventsDropped ExecutionsAborted
    ExecutionsFailed ExecutionsTimedOut ExecutionThrottled ActivitiesFailed ActivitiesTimedOut
    LambdaFunctionsFailed LambdaFunctionsTimedOut ServiceIntegrationsFailed ServiceIntegrationsTimedOut
    FailedInvokeEventCount DroppedEventCount ThrottledEvents ReadThrottleEvents WriteThrottleEvents
    OnlineIndexThrottleEvents SystemErrors UserErrors"""
FAULTS = frozenset(_FAULTS.split())
# Statistics that grow with the number of values.
ADDING = ("Sum", "SampleCount")
# What is measured again and again, and what something took: parts of names that no count has.
_LEVELS = ("Approximate", "Concurren", "Utilization", "Open", "Age", "Time", "Latency", "Duration")
_COUNTS = ("TimedOut", "Billed", "Throttled")


def is_level(metric: str) -> bool:
    """Whether a metric of METRICS is a level or a length of time, and no count of what happened."""
    return any(each in metric for each in _LEVELS) and not any(each in metric for each in _COUNTS)


# {(namespace, dimension): (type of the resource, what returns the value, property with the name)}.
VALUES: Mapping[tuple[str, str], tuple[str, tuple[str, ...], str]] = {
    ("AWS/Lambda", "FunctionName"): ("AWS::Lambda::Function", ("Ref",), "FunctionName"),
    ("AWS/States", "StateMachineArn"): ("AWS::StepFunctions::StateMachine", ("Ref", "Arn"), "StateMachineName"),
    ("AWS/SQS", "QueueName"): ("AWS::SQS::Queue", ("QueueName",), "QueueName"),
    ("AWS/SNS", "TopicName"): ("AWS::SNS::Topic", ("TopicName",), "TopicName"),
    ("AWS/DynamoDB", "TableName"): ("AWS::DynamoDB::Table", ("Ref",), "TableName"),
    ("AWS/Events", "RuleName"): ("AWS::Events::Rule", ("Ref",), "Name"),
    ("AWS/Logs", "LogGroupName"): ("AWS::Logs::LogGroup", ("Ref",), "LogGroupName"),
}
