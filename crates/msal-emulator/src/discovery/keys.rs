//! The keys that signatures are verified with.

use crate::memory::Platform;
use crate::protocol::{Call, Reply};

pub(crate) fn key_set(platform: Platform<'_>, call: &Call<'_>) -> Reply {
    let issuer = format!("{}/{{tenantid}}/v2.0", call.base);
    Reply::document(call, &platform.issuer().key_set(&issuer))
}
