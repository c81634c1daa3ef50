//! What the authority says about itself (OpenID Connect Discovery 1.0): what this library has no need of, and an application
//! has.

use std::error::Error;

use msal::Authority;
use serde_json::Value;
use tokio::sync::OnceCell;
use url::Url;

pub(crate) struct Discovery {
    address: Url,
    http: reqwest::Client,
    document: OnceCell<Document>,
}

pub(crate) struct Document {
    /// With `{tenantid}` in it where the authority stands for many tenants.
    pub(crate) issuer: String,
    pub(crate) jwks_uri: Url,
    pub(crate) end_session_endpoint: Url,
}

impl Discovery {
    pub(crate) fn of(
        authority: &Authority,
        http: reqwest::Client,
    ) -> Result<Self, url::ParseError> {
        let address = format!("{authority}/v2.0/.well-known/openid-configuration");
        Ok(Self {
            address: Url::parse(&address)?,
            http,
            document: OnceCell::new(),
        })
    }

    /// Asked for once; again after it could not be had.
    pub(crate) async fn document(&self) -> Result<&Document, Box<dyn Error + Send + Sync>> {
        let ask = || async {
            let text = json(&self.http, self.address.clone()).await?;
            self.read(&text)
                .ok_or_else(|| "the document is not sound".into())
        };
        self.document.get_or_try_init(ask).await
    }

    fn read(&self, document: &Value) -> Option<Document> {
        let text = |name: &str| document.get(name)?.as_str();
        // Keys that are somewhere else are somebody else's, and so is whoever signs users out there.
        let own = |name: &str| {
            let url = Url::parse(text(name)?).ok()?;
            (url.origin() == self.address.origin()).then_some(url)
        };
        Some(Document {
            issuer: text("issuer")?.to_owned(),
            jwks_uri: own("jwks_uri")?,
            end_session_endpoint: own("end_session_endpoint")?,
        })
    }

    /// Where browsers are sent to, for a policy that allows it.
    pub(crate) fn origin(&self) -> String {
        self.address.origin().ascii_serialization()
    }
}

pub(crate) async fn json(
    http: &reqwest::Client,
    address: Url,
) -> Result<Value, Box<dyn Error + Send + Sync>> {
    let answer = http.get(address).send().await?.error_for_status()?;
    Ok(serde_json::from_slice(&answer.bytes().await?)?)
}
