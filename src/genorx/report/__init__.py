"""What people look at: the HTML report and figures."""
