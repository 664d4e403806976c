"""Our fills against another simulator's, order by order; see README.md."""
