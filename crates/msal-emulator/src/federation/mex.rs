//! The metadata exchange document (WS-MetadataExchange): which WS-Trust endpoints take a user name and password.

use crate::protocol::{Call, Reply};

/// Describes one endpoint of each version of WS-Trust.
pub(crate) fn metadata_exchange(call: &Call<'_>) -> Reply {
    let base = format!("{}/adfs/services/trust", call.base);
    let (policies, bindings, ports): (Vec<_>, Vec<_>, Vec<_>) = ENDPOINTS
        .iter()
        .map(|endpoint| (endpoint.policy(), endpoint.binding(), endpoint.port(&base)))
        .fold(Default::default(), |mut all, (policy, binding, port)| {
            all.0.push(policy);
            all.1.push(binding);
            all.2.push(port);
            all
        });
    let body = format!(
        "<wsdl:definitions name=\"SecurityTokenService\" targetNamespace=\"http://schemas.microsoft.com/ws/2008/06/identity/securitytokenservice\" \
         xmlns:wsdl=\"http://schemas.xmlsoap.org/wsdl/\" xmlns:wsp=\"http://schemas.xmlsoap.org/ws/2004/09/policy\" \
         xmlns:wsu=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd\" \
         xmlns:soap12=\"http://schemas.xmlsoap.org/wsdl/soap12/\" xmlns:wsa10=\"http://www.w3.org/2005/08/addressing\" \
         xmlns:tns=\"http://schemas.microsoft.com/ws/2008/06/identity/securitytokenservice\">{}{}\
         <wsdl:service name=\"SecurityTokenService\">{}</wsdl:service></wsdl:definitions>",
        policies.concat(),
        bindings.concat(),
        ports.concat()
    );
    Reply::xml(call, 200, body)
}

struct WsTrustEndpoint {
    name: &'static str,
    path: &'static str,
    action: &'static str,
    /// WS-SecurityPolicy: its namespace and what it calls the tokens.
    security: &'static str,
    tokens: &'static str,
}

impl WsTrustEndpoint {
    fn policy(&self) -> String {
        let Self {
            name,
            security,
            tokens,
            ..
        } = self;
        format!(
            "<wsp:Policy wsu:Id=\"{name}_policy\"><wsp:ExactlyOne><wsp:All>\
             <sp:TransportBinding xmlns:sp=\"{security}\"><wsp:Policy><sp:TransportToken><wsp:Policy>\
             <sp:HttpsToken/></wsp:Policy></sp:TransportToken></wsp:Policy></sp:TransportBinding>\
             <sp:{tokens} xmlns:sp=\"{security}\"><wsp:Policy><sp:UsernameToken><wsp:Policy>\
             <sp:WssUsernameToken10/></wsp:Policy></sp:UsernameToken></wsp:Policy></sp:{tokens}>\
             </wsp:All></wsp:ExactlyOne></wsp:Policy>"
        )
    }

    fn binding(&self) -> String {
        let Self { name, action, .. } = self;
        format!(
            "<wsdl:binding name=\"{name}\" type=\"tns:{name}\"><wsp:PolicyReference URI=\"#{name}_policy\"/>\
             <soap12:binding transport=\"http://schemas.xmlsoap.org/soap/http\"/><wsdl:operation name=\"Issue\">\
             <soap12:operation soapAction=\"{action}\" style=\"document\"/></wsdl:operation></wsdl:binding>"
        )
    }

    fn port(&self, base: &str) -> String {
        let Self { name, path, .. } = self;
        format!(
            "<wsdl:port name=\"{name}\" binding=\"tns:{name}\"><soap12:address location=\"{base}/{path}\"/>\
             <wsa10:EndpointReference><wsa10:Address>{base}/{path}</wsa10:Address></wsa10:EndpointReference></wsdl:port>"
        )
    }
}

const ENDPOINTS: [WsTrustEndpoint; 2] = [
    WsTrustEndpoint {
        name: "UserNameWSTrustBinding_IWSTrustFeb2005Async",
        path: "2005/usernamemixed",
        action: "http://schemas.xmlsoap.org/ws/2005/02/trust/RST/Issue",
        security: "http://schemas.xmlsoap.org/ws/2005/07/securitypolicy",
        tokens: "SignedSupportingTokens",
    },
    WsTrustEndpoint {
        name: "UserNameWSTrustBinding_IWSTrust13Async",
        path: "13/usernamemixed",
        action: "http://docs.oasis-open.org/ws-sx/ws-trust/200512/RST/Issue",
        security: "http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200702",
        tokens: "SignedEncryptedSupportingTokens",
    },
];
