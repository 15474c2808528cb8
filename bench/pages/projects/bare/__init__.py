"""No database: a bare WSGI function, a bare Django view, and that view behind middlewares (`BENCH_VARIANT`)."""
