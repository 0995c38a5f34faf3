"""One function per permission; each returns an awacs Statement, and documents are lists of them.

Functions take ARNs and names as arguments (text or intrinsic functions), so these modules do not depend on resources.
"""

from __future__ import annotations

from payflow_cfn.stacks.policies.documents import assumed_by_functions, assumed_by_machine, document
from payflow_cfn.stacks.policies.functions import (
    count_unknown,
    create_interfaces,
    deny_network_to_code,
    describe_network,
    manage_interfaces,
    move_payment,
    read_gateway_key,
    record_failure,
    sample_and_send_traces,
    send_traces,
    store_validation,
    use_environment_key,
    use_secret_key,
    use_table_key,
    write_function_logs,
)
from payflow_cfn.stacks.policies.resources import (
    administer_key,
    deny_other_readers,
    deny_plain_transport,
    let_alarms_publish,
    let_alarms_use_key,
    let_log_delivery_use_key,
    let_logs_use_key,
    let_topic_send,
    let_topic_use_key,
)
from payflow_cfn.stacks.policies.workflow import (
    deliver_workflow_logs,
    encrypt_workflow_logs,
    invoke_functions,
    publish_notice,
    use_topic_key,
    use_workflow_key,
)

__all__ = [
    "administer_key",
    "assumed_by_functions",
    "assumed_by_machine",
    "count_unknown",
    "create_interfaces",
    "deliver_workflow_logs",
    "deny_network_to_code",
    "deny_other_readers",
    "deny_plain_transport",
    "describe_network",
    "document",
    "encrypt_workflow_logs",
    "invoke_functions",
    "let_alarms_publish",
    "let_alarms_use_key",
    "let_log_delivery_use_key",
    "let_logs_use_key",
    "let_topic_send",
    "let_topic_use_key",
    "manage_interfaces",
    "move_payment",
    "publish_notice",
    "read_gateway_key",
    "record_failure",
    "sample_and_send_traces",
    "send_traces",
    "store_validation",
    "use_environment_key",
    "use_secret_key",
    "use_table_key",
    "use_topic_key",
    "use_workflow_key",
    "write_function_logs",
]
