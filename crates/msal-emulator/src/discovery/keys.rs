//! The keys that signatures are verified with (RFC 7517 §5).

use crate::memory::Platform;
use crate::protocol::{Call, Reply};

pub(crate) fn key_set(platform: Platform<'_>, call: &Call<'_>) -> Reply {
    // One key signs for all tenants, so its issuer is a template, as at Entra.
    let issuer = format!("{}/{{tenantid}}/v2.0", call.base);
    Reply::document(call, &platform.issuer().key_set(&issuer))
}
