//! The calls, by the names that MSAL Python has for them.

use msal::{
    Account, AuthCodeFlow, AuthResponse, AuthenticationResult, RefreshToken, UserAssertion,
};
use serde_json::{Value, json};

use crate::Failure;
use crate::answer;
use crate::application::App;
use crate::harness::Page;
use crate::options::{has, prompt, response_mode, scopes, seconds, text, texts};

/// Gives a call that sends a user to a browser the options of the question.
macro_rules! with_sign_in_options {
    ($call:expr, $question:expr) => {{
        let (mut call, question) = ($call, $question);
        if has(question, "login_hint") {
            call = call.login_hint(text(question, "login_hint")?);
        }
        if has(question, "domain_hint") {
            call = call.domain_hint(text(question, "domain_hint")?);
        }
        if has(question, "prompt") {
            call = call.prompt(prompt(text(question, "prompt")?)?);
        }
        if let Some(age) = seconds(question, "max_age") {
            call = call.max_age(age);
        }
        if has(question, "claims_challenge") {
            call = call.claims_challenge(text(question, "claims_challenge")?);
        }
        for (name, value) in question["extra_query_parameters"]
            .as_object()
            .into_iter()
            .flatten()
        {
            call = call.extra_query_parameter(name, value.as_str().unwrap_or_default());
        }
        call
    }};
}

/// Gives a call that has them a claims challenge and a tenant.
macro_rules! with_options {
    ($call:expr, $question:expr) => {{
        let (mut call, question) = ($call, $question);
        if has(question, "claims_challenge") {
            call = call.claims_challenge(text(question, "claims_challenge")?);
        }
        if has(question, "tenant") {
            call = call.tenant(text(question, "tenant")?);
        }
        call
    }};
}

impl App {
    /// One call, and what it gave.
    pub(crate) async fn call(&mut self, question: &Value) -> Result<Value, Failure> {
        let result = match text(question, "call")? {
            "initiate_auth_code_flow" => return self.initiate_auth_code_flow(question).await,
            "acquire_token_by_auth_code_flow" => self.by_auth_code_flow(question).await?,
            "acquire_token_interactive" => self.interactive(question).await?,
            "initiate_device_flow" => return self.initiate_device_flow(question).await,
            "acquire_token_by_device_flow" => {
                let flow = self.device_flow.take().ok_or("no flow has begun")?;
                self.public()?.acquire_token_by_device_flow(flow).await?
            }
            "acquire_token_by_username_password" => self.by_username_password(question).await?,
            "acquire_token_silent" => self.silent(question).await?,
            "acquire_token_by_refresh_token" => self.by_refresh_token(question).await?,
            "acquire_token_for_client" => self.for_client(question).await?,
            "acquire_token_on_behalf_of" => self.on_behalf_of(question).await?,
            "remove_tokens_for_client" => {
                self.confidential()?.remove_tokens_for_client().await?;
                return Ok(Value::Null);
            }
            "get_accounts" => {
                let accounts = self.any.accounts().await?;
                return Ok(accounts.iter().map(answer::account).collect());
            }
            "remove_account" => {
                let account = self.account(question).await?;
                self.any.remove_account(&account).await?;
                return Ok(Value::Null);
            }
            other => return Err(format!("no call {other}").into()),
        };
        Ok(answer::tokens(&result, self.runtime.clock().now()))
    }

    async fn initiate_auth_code_flow(&mut self, question: &Value) -> Result<Value, Failure> {
        let redirect_uri = text(question, "redirect_uri")?;
        let call = self
            .any
            .initiate_auth_code_flow(scopes(question), redirect_uri);
        let mut call = with_sign_in_options!(call, question);
        if has(question, "response_mode") {
            call = call.response_mode(response_mode(text(question, "response_mode")?)?);
        }
        let flow = call.await?;
        let address = flow.auth_uri().to_owned();
        let session = flow.to_session().expose_secret().to_owned();
        self.sessions.insert(address.clone(), session);
        Ok(json!({"auth_uri": address}))
    }

    async fn by_auth_code_flow(
        &mut self,
        question: &Value,
    ) -> Result<AuthenticationResult, Failure> {
        let session = self.sessions.remove(text(question, "auth_uri")?);
        let flow = AuthCodeFlow::from_session(session.ok_or("no such flow has begun")?)?;
        let response = match question["form"].as_str() {
            Some(form) => AuthResponse::from_form(form.as_bytes())?,
            None => AuthResponse::from_url(text(question, "url")?)?,
        };
        Ok(self
            .any
            .acquire_token_by_auth_code_flow(flow, response)
            .await?)
    }

    async fn interactive(&self, question: &Value) -> Result<AuthenticationResult, Failure> {
        let call = self.public()?.acquire_token_interactive(scopes(question));
        let call = with_sign_in_options!(call, question);
        let mut call = call.extra_scopes_to_consent(texts(question, "extra_scopes_to_consent"));
        if question["answer_in_query"] == true {
            call = call.answer_in_query();
        }
        Ok(call.browser(Page).await?)
    }

    async fn initiate_device_flow(&mut self, question: &Value) -> Result<Value, Failure> {
        let call = self.public()?.initiate_device_flow(scopes(question));
        let flow = with_options!(call, question).await?;
        let described = json!({
            "user_code": flow.user_code(),
            "verification_uri": flow.verification_uri(),
            "message": flow.message(),
            "interval": flow.interval().as_secs(),
            "expires_in": self.runtime.clock().now().until(flow.expires_on()).as_secs(),
        });
        self.device_flow = Some(flow);
        Ok(described)
    }

    async fn by_username_password(
        &self,
        question: &Value,
    ) -> Result<AuthenticationResult, Failure> {
        let (username, password) = (text(question, "username")?, text(question, "password")?);
        let call =
            self.any
                .acquire_token_by_username_password(username, password, scopes(question));
        Ok(with_options!(call, question).await?)
    }

    async fn silent(&self, question: &Value) -> Result<AuthenticationResult, Failure> {
        let account = self.account(question).await?;
        let call = self.any.acquire_token_silent(scopes(question), &account);
        let call = with_options!(call, question);
        let force_refresh = question["force_refresh"] == true;
        Ok(call.force_refresh(force_refresh).await?)
    }

    async fn by_refresh_token(&self, question: &Value) -> Result<AuthenticationResult, Failure> {
        let token = RefreshToken::from(text(question, "refresh_token")?);
        let call = self
            .any
            .acquire_token_by_refresh_token(token, scopes(question));
        Ok(with_options!(call, question).await?)
    }

    async fn for_client(&self, question: &Value) -> Result<AuthenticationResult, Failure> {
        let call = self
            .confidential()?
            .acquire_token_for_client(scopes(question));
        let mut call = with_options!(call, question);
        if has(question, "fmi_path") {
            call = call.fmi_path(text(question, "fmi_path")?);
        }
        if has(question, "forwarded_client_claims") {
            call = call.forwarded_client_claims(text(question, "forwarded_client_claims")?);
        }
        Ok(call.await?)
    }

    async fn on_behalf_of(&self, question: &Value) -> Result<AuthenticationResult, Failure> {
        let assertion = UserAssertion::from(text(question, "user_assertion")?);
        let app = self.confidential()?;
        let call = app.acquire_token_on_behalf_of(&assertion, scopes(question));
        let mut call = with_options!(call, question);
        if has(question, "forwarded_client_claims") {
            call = call.forwarded_client_claims(text(question, "forwarded_client_claims")?);
        }
        Ok(call.await?)
    }

    async fn account(&self, question: &Value) -> Result<Account, Failure> {
        let name = text(question, "account")?;
        let account = self.any.account(name).await?;
        account.ok_or_else(|| format!("no account {name}").into())
    }
}
