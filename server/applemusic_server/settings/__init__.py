"""The sections of the settings, each in a file of its name; `config` puts the tree together."""
