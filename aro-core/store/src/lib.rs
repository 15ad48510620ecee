//! Documents with etags and leases over SQLite.
