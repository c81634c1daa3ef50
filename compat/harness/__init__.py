"""What the tests are made of: an emulator, the `msal` command, and programs that use Microsoft's libraries."""
