//! Where the data lies.

use std::path::PathBuf;

use super::section::section;

section! {
    /// Where everything that must be kept lies: the database, uploaded files and the server's
    /// secret.
    Data as "data" {
        /// The directory. It is made at the first start, readable by its owner only. One process at
        /// a time. Also `--data` on the command line and `PLAZA_DATA` in the environment.
        directory: PathBuf = PathBuf::from("data"),
    }
}
