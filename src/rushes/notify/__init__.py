"""Others are told what happened: webhooks, and whoever listens."""
