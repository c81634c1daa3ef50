//! A person whose tokens a client asks for: what all grants about people have in common.

use std::sync::Arc;

use crate::access::{Asked, Conditions, Evidence, Realm};
use crate::directory::Account;
use crate::memory::Platform;
use crate::protocol::Moment;
use crate::refusal::Refusal;
use crate::token::client::Client;
use crate::token::granted::{Granted, Person};
use crate::token::refresh_token::Descent;
use crate::token::request::TokenRequest;

/// A person whose tokens a client asks for, found and not yet judged.
#[derive(Debug)]
pub(super) struct Candidate<'d> {
    pub(super) account: Arc<Account>,
    /// What the client asks for. When that is refused, the refusal waits until the person has been judged.
    pub(super) asked: Result<Asked<'d>, Refusal>,
    pub(super) descent: Descent,
    pub(super) nonce: Option<String>,
    pub(super) auth_time: Option<Moment>,
    pub(super) session: Option<String>,
}

impl<'d> Candidate<'d> {
    pub(super) fn new(
        account: Arc<Account>,
        asked: Result<Asked<'d>, Refusal>,
        descent: Descent,
    ) -> Self {
        Self {
            account,
            asked,
            descent,
            nonce: None,
            auth_time: None,
            session: None,
        }
    }

    /// Grants tokens when the account is enabled and the policies of the tenant are met.
    pub(super) fn admit(
        self,
        platform: Platform<'d>,
        realm: Realm,
        client: &Client<'d>,
        request: &TokenRequest<'_>,
    ) -> Result<Granted<'d>, Refusal> {
        if !platform.people().is_enabled(&self.account) {
            return Err(Refusal::new(50057));
        }
        let directory = platform.directory();
        let (tenant, object_id) = realm.of_account(&self.account, request.version, directory)?;
        // What is wrong with the account is reported before what is wrong with the scope.
        let asked = self.asked?;
        let conditions = Conditions {
            account: &self.account,
            tenant,
            asked: &asked,
            app: client.app,
            is_named: request.names_policy(platform.directory().tenant(tenant).id),
            evidence: Evidence {
                now: request.call.now,
                signed_in: self.descent.signed_in,
                mfa: self.descent.mfa,
            },
        };
        conditions.check(platform)?;
        Ok(Granted {
            app: client.app,
            proven: client.proven,
            tenant,
            asked,
            person: Some(Person {
                account: self.account,
                object_id,
                descent: self.descent,
                nonce: self.nonce,
                auth_time: self.auth_time,
                session: self.session,
            }),
        })
    }
}
