//! What a sign-in asks for.

use crate::cli::LoginArgs;

/// The scopes that were named; enough to know who the user is, where there are none.
pub(super) fn of(arguments: &LoginArgs) -> Vec<String> {
    match arguments.scope.as_slice() {
        [] => vec!["User.Read".to_owned()],
        scopes => scopes.to_vec(),
    }
}
