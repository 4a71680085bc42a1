//! The `upload` command. Everything it does stands in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    upload_cli::main()
}
