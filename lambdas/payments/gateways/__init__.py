"""Payment gateways: the protocol, its outcomes as data, and one module for each adapter."""
