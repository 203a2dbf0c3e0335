"""Mail as the sandbox keeps and writes it, whichever protocol carried it."""
