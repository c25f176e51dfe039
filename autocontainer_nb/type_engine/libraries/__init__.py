"""The same for types of optional libraries; each is imported only where its library is."""
