"""What every service is mounted on: concerns, never nouns; it knows no deployment."""
