//! What is answered to a grant: tokens, and the bodies and parameters that carry them.

mod body;
mod claims;
mod front_channel;
mod tokens;

pub(crate) use body::write_answer;
pub(crate) use front_channel::front_channel_tokens;

use crate::directory::Account;
use crate::memory::Platform;
use crate::protocol::base64url;

/// `client_info`: names a person by object id and tenant of their home, whatever tenant the tokens are for.
pub(crate) fn client_info(platform: Platform<'_>, account: &Account) -> String {
    let home = platform.directory().tenant(account.home).id;
    let json = format!(r#"{{"uid":"{}","utid":"{home}"}}"#, account.object_id);
    base64url(json.as_bytes())
}
