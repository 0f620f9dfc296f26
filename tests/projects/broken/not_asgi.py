"""Wrong in one way: `app` is a number."""

app = 5
