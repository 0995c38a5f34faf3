"""CloudFormation's side: stacks, statuses, events, errors, requests."""
