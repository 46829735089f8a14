"""From what upstream objects say to records, copies and plans: one module a system, all of them in ``table``."""
