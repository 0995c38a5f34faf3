"""The embedded AWS: an emulator, a fake payment gateway and a fault proxy, all on this machine's loopback."""
