//! WS-Trust 1.3 §4 and its draft of February 2005: a sign-in name and password for an assertion.

use std::sync::Arc;
use std::time::Duration;

use super::assertion::Assertion;
use super::xml::{text_of, unescaped};
use crate::directory::Account;
use crate::memory::Platform;
use crate::protocol::{Call, Reply, escaped};

/// Answers a request for a security token with an assertion, or with a SOAP fault.
pub(crate) fn issue_assertion(platform: Platform<'_>, call: &Call<'_>) -> Reply {
    // Clients write the version in the body too, but choose it by the address.
    let xml = String::from_utf8_lossy(call.request.body());
    let version = if call.request.uri().path().contains("2005") {
        &WS_TRUST_2005
    } else {
        &WS_TRUST_13
    };
    let given = |name: &str| text_of(&xml, name).map(unescaped);
    let (Some(upn), Some(password)) = (given("Username"), given("Password")) else {
        return fault(
            call,
            "s:Sender",
            "a:InvalidRequest",
            "The request has no user name and password.",
        );
    };
    let Some(account) = authenticate(platform, upn.trim(), &password) else {
        let reply = fault(
            call,
            "s:Sender",
            "a:FailedAuthentication",
            "MSIS3127: The specified request failed: ID3242: The security token could not be authenticated or authorized.",
        );
        return reply.about(None, Some(upn.trim()));
    };
    let audience = audience(&xml);
    let assertion = Assertion {
        upn: account.upn.clone(),
        issued: call.now,
        until: call.now.plus(LIFE),
    };
    let issuer = format!("http://{}/adfs/services/trust", call.host());
    let serial = platform.identifiers().serial();
    let (kind, token) = if xml.contains(SAML_2) {
        (
            SAML_2,
            assertion.saml_2(platform.sealer(), serial, &issuer, &audience),
        )
    } else {
        (
            SAML_1,
            assertion.saml_1(platform.sealer(), serial, &issuer, &audience),
        )
    };
    Reply::xml(
        call,
        200,
        version.response(call, &assertion, kind, &token, &audience),
    )
    .about(None, Some(&account.upn))
}

/// The account of a federated tenant. All failures are answered alike, so that nobody learns which sign-in names exist.
fn authenticate(platform: Platform<'_>, upn: &str, password: &str) -> Option<Arc<Account>> {
    let account = platform.directory().account(upn)?;
    let admitted = platform.directory().tenant(account.home).federated
        && platform.people().is_password(&account, password)
        && platform.people().is_enabled(&account);
    admitted.then_some(account)
}

/// The relying party that an assertion is asked for.
fn audience(xml: &str) -> String {
    let applies_to = xml
        .split_once("AppliesTo")
        .and_then(|(_, rest)| text_of(rest, "Address"));
    // The first address may be that of the endpoint (To), which is no relying party.
    let first = || text_of(xml, "Address").filter(|address| !address.contains("/usernamemixed"));
    let named = applies_to.or_else(first).map(unescaped);
    named.unwrap_or_else(|| FEDERATION_AUDIENCE.to_owned())
}

struct WsTrust {
    namespace: &'static str,
    action: &'static str,
    /// WS-Trust 1.3 wraps its answers in a collection.
    collection: bool,
}

impl WsTrust {
    fn response(
        &self,
        call: &Call<'_>,
        assertion: &Assertion,
        kind: &str,
        token: &str,
        audience: &str,
    ) -> String {
        let Self {
            namespace, action, ..
        } = self;
        let (open, close) = if self.collection {
            (
                format!("<t:RequestSecurityTokenResponseCollection xmlns:t=\"{namespace}\">"),
                "</t:RequestSecurityTokenResponseCollection>",
            )
        } else {
            (String::new(), "")
        };
        let (from, until) = (assertion.issued.precise(), assertion.until.precise());
        let (audience, id) = (escaped(audience), call.trace_id);
        format!(
            "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:a=\"http://www.w3.org/2005/08/addressing\" \
             xmlns:u=\"{WSU}\"><s:Header><a:Action s:mustUnderstand=\"1\">{action}</a:Action>\
             <a:RelatesTo>urn:uuid:{id}</a:RelatesTo></s:Header><s:Body>{open}\
             <t:RequestSecurityTokenResponse xmlns:t=\"{namespace}\"><t:Lifetime><u:Created>{from}</u:Created>\
             <u:Expires>{until}</u:Expires></t:Lifetime>\
             <wsp:AppliesTo xmlns:wsp=\"http://schemas.xmlsoap.org/ws/2004/09/policy\"><a:EndpointReference>\
             <a:Address>{audience}</a:Address></a:EndpointReference></wsp:AppliesTo>\
             <t:RequestedSecurityToken>{token}</t:RequestedSecurityToken><t:TokenType>{kind}</t:TokenType>\
             <t:RequestType>{namespace}/Issue</t:RequestType>\
             </t:RequestSecurityTokenResponse>{close}</s:Body></s:Envelope>"
        )
    }
}

/// A SOAP fault with the codes of WS-Trust 1.3 §11.
fn fault(call: &Call<'_>, code: &str, subcode: &str, reason: &str) -> Reply {
    let body = format!(
        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:a=\"http://www.w3.org/2005/08/addressing\">\
         <s:Header><a:Action s:mustUnderstand=\"1\">http://www.w3.org/2005/08/addressing/soap/fault</a:Action></s:Header>\
         <s:Body><s:Fault><s:Code><s:Value>{code}</s:Value><s:Subcode><s:Value>{subcode}</s:Value></s:Subcode></s:Code>\
         <s:Reason><s:Text xml:lang=\"en-US\">{reason}</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>"
    );
    Reply::xml(call, 500, body)
}

const WS_TRUST_13: WsTrust = WsTrust {
    namespace: "http://docs.oasis-open.org/ws-sx/ws-trust/200512",
    action: "http://docs.oasis-open.org/ws-sx/ws-trust/200512/RSTRC/IssueFinal",
    collection: true,
};

const WS_TRUST_2005: WsTrust = WsTrust {
    namespace: "http://schemas.xmlsoap.org/ws/2005/02/trust",
    action: "http://schemas.xmlsoap.org/ws/2005/02/trust/RSTR/Issue",
    collection: false,
};

const WSU: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
const SAML_1: &str = "urn:oasis:names:tc:SAML:1.0:assertion";
const SAML_2: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
const LIFE: Duration = Duration::from_secs(3600);

/// The audience of the assertions of AD FS: Entra ID.
pub(crate) const FEDERATION_AUDIENCE: &str = "urn:federation:MicrosoftOnline";
