"""Many calls: catalog, store, nightly, trends, cluster."""
