"""For whom a model holds, what goes in and comes out, and how it was checked."""
