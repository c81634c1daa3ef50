//! User realm: does a sign-in name belong to a managed domain?

use serde_json::json;

use crate::call::Call;
use crate::directory::Directory;
use crate::reply::Reply;

pub(crate) fn answer(call: &Call<'_>, directory: &Directory) -> Reply {
    let user = call.target.user.as_ref();
    let domain = user
        .rsplit_once('@')
        .map(|(_, domain)| domain.to_ascii_lowercase())
        .unwrap_or_default();
    if directory.find_domain(&domain).is_none() && directory.account(user).is_none() {
        return Reply::document(call, &json!({"ver": "1.0", "account_type": "Unknown"}));
    }
    Reply::document(
        call,
        &json!({
            "ver": "1.0",
            "account_type": "Managed",
            "domain_name": domain,
            "cloud_instance_name": "microsoftonline.com",
            "cloud_audience_urn": "urn:federation:MicrosoftOnline",
        }),
    )
}
