//! The user realm: whether the password of a sign-in name is checked by Entra (managed) or by AD FS (federated).

use serde_json::json;

use crate::directory::Directory;
use crate::federation::FEDERATION_AUDIENCE;
use crate::protocol::{Call, Reply, cloud_of};

pub(crate) fn user_realm(call: &Call<'_>, directory: &Directory) -> Reply {
    let user = call.target.user.as_ref();
    let domain = user
        .rsplit_once('@')
        .map(|(_, domain)| domain.to_ascii_lowercase())
        .unwrap_or_default();
    let tenant = directory.find_domain(&domain);
    // A user may have a sign-in name in a domain that no tenant has registered.
    let tenant = tenant.or_else(|| directory.account(user).map(|account| account.home));
    let Some(tenant) = tenant else {
        return Reply::document(call, &json!({"ver": "1.0", "account_type": "Unknown"}));
    };
    let cloud = cloud_of(call.host()).name;
    if directory.tenant(tenant).federated {
        let adfs = format!("{}/adfs", call.base);
        return Reply::document(
            call,
            &json!({
                "ver": "1.0",
                "account_type": "Federated",
                "domain_name": domain,
                "federation_protocol": "WSTrust",
                "federation_metadata_url": format!("{adfs}/services/trust/mex"),
                "federation_active_auth_url": format!("{adfs}/services/trust/2005/usernamemixed"),
                "cloud_instance_name": cloud,
                "cloud_audience_urn": FEDERATION_AUDIENCE,
            }),
        );
    }
    Reply::document(
        call,
        &json!({
            "ver": "1.0",
            "account_type": "Managed",
            "domain_name": domain,
            "cloud_instance_name": cloud,
            "cloud_audience_urn": FEDERATION_AUDIENCE,
        }),
    )
}
