"""Operations on a deployed stack: status, drift, recover, destroy."""
