//! The keys that signatures are verified with (RFC 7517 §5).

use crate::memory::Platform;
use crate::protocol::{Call, Reply, Shape, Version, issuer_url};

pub(crate) fn key_set(platform: Platform<'_>, call: &Call<'_>, version: Version) -> Reply {
    // At v2.0 of Entra a key names the issuer of its tokens. One key signs for all tenants, so it is a template, as
    // there. The keys of v1 name none. That those of AD FS and of B2C name none either is a guess.
    let issuer = (call.target.shape == Shape::Entra && version == Version::V2)
        .then(|| issuer_url(call, "{tenantid}", version));
    Reply::document(call, &platform.issuer().key_set(issuer.as_deref()))
}
