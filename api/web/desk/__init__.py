"""The co-ordinator's desk: pages that work without JavaScript, each the reading of API routes into a template."""
