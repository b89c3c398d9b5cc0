"""What the window shows, as frozen values, and edits as functions from state to state. No Qt here."""
