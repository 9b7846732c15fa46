"""Several looks at one question, which share what one look may spend."""
