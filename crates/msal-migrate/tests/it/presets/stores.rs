//! Stores as their applications make them, with the tokens of made-up users, and the record that each row becomes.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

pub(super) const CLIENT: &str = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c";
pub(super) const TENANT: &str = "c0ffee00-0001-4000-8000-000000000000";
pub(super) const ALICE: &str = "a11ce000-0000-4000-8000-000000000000";

/// An ID token of version 2.0 for Alice.
pub(super) fn id_token() -> String {
    let claims = format!(
        r#"{{"aud":"{CLIENT}","iss":"https://login.microsoftonline.com/{TENANT}/v2.0","tid":"{TENANT}","oid":"{ALICE}","sub":"pairwise","preferred_username":"alice@contoso.example"}}"#
    );
    format!("e30.{}.x", BASE64_URL_SAFE_NO_PAD.encode(claims))
}

/// The preset, the database, and what each row is.
pub(super) const STORES: &[(&str, &str, &[&str])] = &[
    (
        "python-social-auth",
        r#"create table "social_auth_usersocialauth" ("id" integer not null primary key autoincrement, "provider" varchar(32) not null, "uid" varchar(255) not null, "user_id" integer not null, "created" datetime not null, "modified" datetime not null, "extra_data" text not null, "id_key" varchar(255) not null);
        insert into social_auth_usersocialauth (provider, uid, user_id, created, modified, extra_data, id_key) values
          ('azuread-oauth2', 'pairwise', 1, '', '', '{"auth_time": 1, "access_token": "AT", "id_token": "{ID_TOKEN}", "refresh_token": "0.ALICE", "expires_in": "3599", "expires_on": "1795357490", "resource": "https://graph.windows.net", "oid": "{ALICE}", "tid": "{TENANT}"}', ''),
          ('azuread-v2-tenant-oauth2', 'pairwise', 1, '', '', '"{\"refresh_token\": \"0.TWICE\", \"resource\": null}"', ''),
          ('microsoft-graph', 'bob@contoso.example', 2, '', '', '{"refresh_token": "0.BOB", "expires_in": 3599}', ''),
          ('microsoft-graph', 'carol', 3, '', '', '{"access_token": "AT"}', ''),
          ('azuread-b2c-oauth2', 'dan', 4, '', '', '{"refresh_token": "eyB2C"}', ''),
          ('live', 'eve', 5, '', '', '{"refresh_token": "M.EVE"}', ''),
          ('google-oauth2', 'bob@gmail.example', 2, '', '', '{"refresh_token": "1//G"}', ''),
          ('azuread-oauth2', 'broken', 6, '', '', '{"refresh_token": ', '');"#,
        &[
            "1 #0.ALICE client={CLIENT} authority=https://login.microsoftonline.com/{TENANT}/v2.0 resource=https://graph.windows.net user=alice@contoso.example oid={ALICE} tid={TENANT} sub=pairwise refreshed=1795353891",
            "2 #0.TWICE",
            "3 #0.BOB user=bob@contoso.example",
            "4 no_refresh_token",
            "5 b2c",
            "6 not_selected",
            "7 other_provider",
            "8 malformed",
        ],
    ),
    (
        "django-allauth",
        r#"create table socialaccount_socialapp (id integer primary key, provider varchar(30), name varchar(40), client_id varchar(191), secret varchar(191), key varchar(191), provider_id varchar(200), settings text);
        create table socialaccount_socialaccount (id integer primary key, provider varchar(200), uid varchar(191), last_login datetime, date_joined datetime, user_id integer, extra_data text);
        create table socialaccount_socialtoken (id integer primary key, token text, token_secret text, expires_at datetime, account_id integer, app_id integer);
        insert into socialaccount_socialapp values
          (1, 'microsoft', 'Contoso', '{CLIENT}', 'SECRET', '', '', '{"tenant": "{TENANT}"}'),
          (2, 'openid_connect', 'Corp', '{CLIENT}', 'SECRET', '', 'corp', '{"server_url": "https://login.microsoftonline.com/contoso.example/v2.0"}'),
          (3, 'openid_connect', 'Other', 'x', 'SECRET', '', 'other', '{"server_url": "https://id.other.example"}');
        insert into socialaccount_socialaccount values
          (1, 'microsoft', '{ALICE}', '', '', 1, '{"id": "{ALICE}", "userPrincipalName": "alice@contoso.example"}'),
          (2, 'microsoft', '66f33332eca7ea81', '', '', 2, '{"userPrincipalName": "bob@outlook.example"}'),
          (3, 'google', '1', '', '', 3, '{}'),
          (4, 'corp', 'pairwise', '', '', 4, '{}'),
          (5, 'other', 'x', '', '', 5, '{}');
        insert into socialaccount_socialtoken values
          (1, 'AT', '0.ALICE', '2026-11-22 14:26:14.315699', 1, 1),
          (2, 'AT', 'M.BOB', null, 2, null),
          (3, 'AT', '', null, 3, null),
          (4, 'AT', '', null, 1, 1),
          (5, 'AT', '0.CORP', null, 4, 2),
          (6, 'AT', 'OTHER', null, 5, 3);"#,
        &[
            "1 #0.ALICE client={CLIENT} authority={TENANT} user=alice@contoso.example oid={ALICE} tid={TENANT} refreshed=1795353974",
            "2 #M.BOB user=bob@outlook.example",
            "3 other_provider",
            "4 no_refresh_token",
            "5 #0.CORP client={CLIENT} authority=https://login.microsoftonline.com/contoso.example/v2.0",
            // Another's host, which the plan refuses to send a token to.
            "6 #OTHER client=x authority=https://id.other.example",
        ],
    ),
    (
        "flask-dance",
        r#"create table flask_dance_oauth (user_id integer, id integer not null, provider varchar(50) not null, created_at datetime not null, token json not null, primary key (id));
        insert into flask_dance_oauth values
          (1, 1, 'azure', '', '{"token_type": "Bearer", "access_token": "AT", "refresh_token": "0.ALICE", "expires_in": 3599, "scope": ["User.Read", "openid"], "id_token": "{ID_TOKEN}", "expires_at": 1795357490.5}'),
          (2, 2, 'azure', '', '{"access_token": "AT"}'),
          (3, 3, 'github', '', '{"access_token": "AT", "refresh_token": "ghr_x"}');"#,
        &[
            "1 #0.ALICE client={CLIENT} authority=https://login.microsoftonline.com/{TENANT}/v2.0 scopes=User.Read user=alice@contoso.example oid={ALICE} tid={TENANT} sub=pairwise refreshed=1795353891",
            "2 no_refresh_token",
            "3 other_provider",
        ],
    ),
    (
        "fastapi-users",
        "create table oauth_account (id char(36) not null primary key, user_id char(36), oauth_name varchar(100), access_token varchar(1024), expires_at integer, refresh_token varchar(1024), account_id varchar(320), account_email varchar(320));
        insert into oauth_account values
          ('o1', 'u1', 'microsoft', 'AT', 1795357490, '0.ALICE', '{ALICE}', 'alice@contoso.example'),
          ('o2', 'u2', 'microsoft', 'AT', 1795357490, null, 'x', 'bob@contoso.example'),
          ('o3', 'u3', 'google', 'AT', 1795357490, '1//G', 'x', 'carol@gmail.example');",
        &[
            "o1 #0.ALICE user=alice@contoso.example oid={ALICE} refreshed=1795353890",
            "o2 no_refresh_token",
            "o3 other_provider",
        ],
    ),
    (
        "authlib",
        "create table oauth2_token (id integer not null primary key, user_id integer not null, name varchar(40) not null, token_type varchar(40), access_token varchar(2048), refresh_token varchar(2048), expires_at integer);
        insert into oauth2_token values
          (1, 42, 'microsoft', 'Bearer', 'AT', '0.ALICE', 1795357490),
          (2, 42, 'google', 'Bearer', 'AT', '1//G', 1700000000);",
        &["1 #0.ALICE refreshed=1795353890", "2 other_provider"],
    ),
    (
        "nextauth",
        r#"create table "users" ("id" varchar primary key, "email" varchar);
        create table "accounts" ("id" varchar primary key, "userId" varchar, "type" varchar, "provider" varchar, "providerAccountId" varchar, "refresh_token" varchar, "access_token" varchar, "expires_at" bigint, "token_type" varchar, "scope" varchar, "id_token" varchar, "session_state" varchar);
        insert into users values ('u1', 'alice@contoso.example'), ('u2', 'bob@contoso.example');
        insert into accounts values
          ('a1', 'u1', 'oidc', 'microsoft-entra-id', 'pairwise', '0.ALICE', 'AT', 1795357490, 'bearer', 'openid profile email User.Read', '{ID_TOKEN}', null),
          ('a2', 'u2', 'oauth', 'azure-ad', 'bob', '0.BOB', 'AT', 1795357490, 'Bearer', 'User.Read', null, null),
          ('a3', 'u2', 'oauth', 'azure-ad', 'carol', null, 'AT', 1795357490, 'Bearer', 'User.Read', null, null),
          ('a4', 'u2', 'oauth', 'azure-ad-b2c', 'b2c', 'eyB2C', 'AT', 1795357490, 'Bearer', '', null, null),
          ('a5', 'u2', 'oauth', 'github', '1', null, 'AT', null, 'bearer', '', null, null);"#,
        NEXTAUTH,
    ),
    (
        "nextauth",
        r#"create table "User" ("id" text primary key, "email" text);
        create table "Account" ("id" text primary key, "userId" text, "type" text, "provider" text, "providerAccountId" text, "refresh_token" text, "access_token" text, "expires_at" integer, "token_type" text, "scope" text, "id_token" text, "session_state" text);
        insert into "User" values ('u1', 'alice@contoso.example'), ('u2', 'bob@contoso.example');
        insert into "Account" values
          ('a1', 'u1', 'oidc', 'microsoft-entra-id', 'pairwise', '0.ALICE', 'AT', 1795357490, 'bearer', 'openid profile email User.Read', '{ID_TOKEN}', null),
          ('a2', 'u2', 'oauth', 'azure-ad', 'bob', '0.BOB', 'AT', 1795357490, 'Bearer', 'User.Read', null, null),
          ('a3', 'u2', 'oauth', 'azure-ad', 'carol', null, 'AT', 1795357490, 'Bearer', 'User.Read', null, null),
          ('a4', 'u2', 'oauth', 'azure-ad-b2c', 'b2c', 'eyB2C', 'AT', 1795357490, 'Bearer', '', null, null),
          ('a5', 'u2', 'oauth', 'github', '1', null, 'AT', null, 'bearer', '', null, null);"#,
        NEXTAUTH,
    ),
    (
        "nextauth",
        r#"create table "user" ("id" text primary key, "email" text);
        create table "account" ("userId" text, "type" text, "provider" text, "providerAccountId" text, "refresh_token" text, "access_token" text, "expires_at" integer, "token_type" text, "scope" text, "id_token" text, "session_state" text);
        insert into "user" values ('u1', 'alice@contoso.example');
        insert into "account" values
          ('u1', 'oidc', 'microsoft-entra-id', 'pairwise', '0.ALICE', 'AT', 1795357490, 'bearer', 'User.Read', null, null);"#,
        &["pairwise #0.ALICE scopes=User.Read user=alice@contoso.example sub=pairwise refreshed=1795353890"],
    ),
    (
        "nextauth",
        r#"create table "users" ("id" text primary key, "email" text);
        create table "accounts" ("id" text primary key, "type" text, "provider" text, "provider_account_id" text, "refresh_token" text, "access_token" text, "expires_at" integer, "token_type" text, "scope" text, "id_token" text, "session_state" text, "user_id" text);
        insert into "users" values ('u1', 'alice@contoso.example');
        insert into "accounts" values
          ('a1', 'oidc', 'azure-ad', 'pairwise', '0.ALICE', 'AT', 1795357490, 'bearer', 'User.Read', null, null, 'u1');"#,
        &["pairwise #0.ALICE scopes=User.Read user=alice@contoso.example sub=pairwise refreshed=1795353890"],
    ),
    (
        "better-auth",
        r#"create table "user" ("id" text primary key, "name" text, "email" text);
        create table "account" ("id" text not null primary key, "accountId" text, "providerId" text, "userId" text, "accessToken" text, "refreshToken" text, "idToken" text, "accessTokenExpiresAt" date, "refreshTokenExpiresAt" date, "scope" text, "password" text, "createdAt" date, "updatedAt" date);
        insert into "user" values ('u1', 'Alice', 'alice@contoso.example'), ('u2', 'Bob', 'bob@contoso.example');
        insert into "account" values
          ('a1', '{ALICE}', 'microsoft', 'u1', 'AT', '0.ALICE', '{ID_TOKEN}', '2026-11-22T14:37:47.870Z', null, 'User.Read,offline_access,openid', null, '', ''),
          ('a2', 'x', 'microsoft-entra-id', 'u2', 'AT', '0.BOB', null, null, null, 'User.Read', null, '', ''),
          ('a3', 'x', 'credential', 'u2', null, null, null, null, null, null, 'HASH', '', ''),
          ('a4', 'x', 'google', 'u2', 'AT', '1//G', null, null, null, '', null, '', '');"#,
        &[
            "a1 #0.ALICE client={CLIENT} authority=https://login.microsoftonline.com/{TENANT}/v2.0 scopes=User.Read user=alice@contoso.example oid={ALICE} tid={TENANT} sub=pairwise refreshed=1795354667",
            "a2 #0.BOB scopes=User.Read user=bob@contoso.example",
            "a3 no_refresh_token",
            "a4 other_provider",
        ],
    ),
    (
        "better-auth-encrypted",
        r#"create table "user" ("id" text primary key, "name" text, "email" text);
        create table "account" ("id" text not null primary key, "accountId" text, "providerId" text, "userId" text, "accessToken" text, "refreshToken" text, "idToken" text, "accessTokenExpiresAt" date, "refreshTokenExpiresAt" date, "scope" text, "password" text, "createdAt" date, "updatedAt" date);
        insert into "user" values ('u1', 'Alice', 'alice@contoso.example'), ('u2', 'Bob', 'bob@contoso.example');
        insert into "account" values
          ('a1', '{ALICE}', 'microsoft', 'u1', 'AT', '7f2be08cac54fb1107629db1f92565864d48bdad3ce6896f3991892e3c85a2b7b7735c82fa97697ee3f2537d9d2eb8c60f30f4afd990439b1b9ab22173daea8fe9e6597b46442caeb1597eb9006d4a82c5f1d2761288557b9d845231239d57d77d4a0dfcb4b142ee52bfb8f9c749ae4abeedd4b0fb12c79ca1b5ca31431691916bcdcdfdd700745516eaf273eba06a7cab88f5100da3ea', null, null, null, '', null, '', ''),
          ('a2', 'x', 'microsoft', 'u2', 'AT', '0.BOB', null, null, null, 'User.Read', null, '', ''),
          ('a3', 'x', 'microsoft', 'u2', 'AT', '$ba$2$00000000000000000000000000000000000000000000000000000000000000000000000000000000', null, null, null, '', null, '', '');"#,
        &[
            "a1 #0.FAKE-RT.betterauth.enc.3OUE7jSIdhcGbIuDEWafKsKuhQKWz5Sb1pPBFGjCazV1FuBgXwEj-zZ9lhdaEhl-NN8MXClsZKOW-wXw4RzgyQ user=alice@contoso.example",
            "a2 #0.BOB scopes=User.Read user=bob@contoso.example",
            "a3 undecryptable",
        ],
    ),
    (
        "spring-security",
        "create table oauth2_authorized_client (client_registration_id varchar(100) not null, principal_name varchar(200) not null, access_token_type varchar(100) not null, access_token_value blob not null, access_token_issued_at timestamp not null, access_token_expires_at timestamp not null, access_token_scopes varchar(1000), refresh_token_value blob, refresh_token_issued_at timestamp, created_at timestamp, primary key (client_registration_id, principal_name));
        insert into oauth2_authorized_client values
          ('azure', 'alice@contoso.example', 'Bearer', cast('AT' as blob), '2026-11-22 13:00:00', '2026-11-22 14:00:00', 'openid,profile,https://graph.microsoft.com/User.Read', cast('0.ALICE' as blob), '2026-11-22 13:00:00', ''),
          ('azure', 'bob', 'Bearer', cast('AT' as blob), '2026-11-22 13:00:00', '2026-11-22 14:00:00', null, null, null, ''),
          ('google', 'carol', 'Bearer', cast('AT' as blob), '2026-11-22 13:00:00', '2026-11-22 14:00:00', 'openid', cast('1//G' as blob), null, '');",
        &[
            "alice@contoso.example #0.ALICE scopes=https://graph.microsoft.com/User.Read user=alice@contoso.example refreshed=1795352400",
            "bob no_refresh_token",
            "carol other_provider",
        ],
    ),
    (
        "moodle",
        "create table mdl_auth_oidc_token (id integer primary key, oidcuniqid varchar(255), username varchar(100), userid bigint, oidcusername varchar(255), useridentifier varchar(255), scope text, tokenresource varchar(127), authcode text, token text, expiry bigint, refreshtoken text, idtoken text);
        create table mdl_local_o365_token (id integer primary key, user_id bigint, scope text, tokenresource varchar(127), token text, expiry bigint, refreshtoken text);
        create table mdl_config_plugins (id integer primary key, plugin varchar(100), name varchar(100), value text);
        insert into mdl_config_plugins values (1, 'auth_oidc', 'clientid', '{CLIENT}'), (2, 'auth_oidc', 'clientsecret', 'SECRET'), (3, 'auth_oidc', 'tokenendpoint', 'https://login.microsoftonline.com/{TENANT}/oauth2/token');
        insert into mdl_auth_oidc_token values
          (1, '{ALICE}', 'alice', 5, 'alice@contoso.example', '', 'user_impersonation', 'https://graph.microsoft.com', 'CODE', 'AT', 1795357490, '0.ALICE', '{ID_TOKEN}'),
          (2, 'x', 'bob', 6, 'bob@contoso.example', '', 'user_impersonation', 'https://graph.microsoft.com', 'CODE', 'AT', 1795357490, '', '');
        insert into mdl_local_o365_token values (1, 5, 'user_impersonation', 'https://contoso.sharepoint.com', 'AT', 1795357490, '0.SHARES');",
        &[
            "1 #0.ALICE client={CLIENT} authority=https://login.microsoftonline.com/{TENANT}/oauth2/token scopes=user_impersonation resource=https://graph.microsoft.com user=alice@contoso.example oid={ALICE} tid={TENANT} sub=pairwise refreshed=1795353890",
            "2 no_refresh_token",
            "1 #0.SHARES client={CLIENT} authority=https://login.microsoftonline.com/{TENANT}/oauth2/token scopes=user_impersonation resource=https://contoso.sharepoint.com user=alice@contoso.example oid={ALICE} tid={TENANT} sub=pairwise refreshed=1795353890",
        ],
    ),
    (
        "aspnet-identity",
        r#"create table "AspNetUsers" ("Id" text primary key, "Email" text);
        create table "AspNetUserTokens" ("UserId" text, "LoginProvider" text, "Name" text, "Value" text);
        insert into "AspNetUsers" values ('u1', 'alice@contoso.example'), ('u2', 'bob@contoso.example');
        insert into "AspNetUserTokens" values
          ('u1', 'Microsoft', 'access_token', 'AT'),
          ('u1', 'Microsoft', 'refresh_token', '0.ALICE'),
          ('u1', 'Microsoft', 'expires_at', '2026-11-22T14:00:00.0000000+00:00'),
          ('u1', 'Google', 'refresh_token', '1//G'),
          ('u2', 'AzureAD', 'refresh_token', '0.BOB'),
          ('u2', '[AspNetUserStore]', 'AuthenticatorKey', 'KEY');"#,
        &[
            "u1 #0.ALICE user=alice@contoso.example refreshed=1795352400",
            "u1 other_provider",
            "u2 #0.BOB user=bob@contoso.example",
        ],
    ),
];

pub(super) const NEXTAUTH: &[&str] = &[
    "pairwise #0.ALICE client={CLIENT} authority=https://login.microsoftonline.com/{TENANT}/v2.0 scopes=email User.Read user=alice@contoso.example oid={ALICE} tid={TENANT} sub=pairwise refreshed=1795353890",
    "bob #0.BOB scopes=User.Read user=bob@contoso.example sub=bob refreshed=1795353890",
    "carol no_refresh_token",
    "b2c b2c",
    "1 other_provider",
];

/// What the documentation of `@auth/supabase-adapter` has an application run, and Supabase's own users beside it.
pub(super) const SUPABASE: &str = r#"
    create schema auth;
    create table auth.users (instance_id uuid, id uuid primary key, aud text, role text, email text, encrypted_password text);
    create table public.users (id uuid not null primary key, name text, email text, image text);
    create schema next_auth;
    create table if not exists next_auth.users (
        id uuid not null default gen_random_uuid(), name text, email text, "emailVerified" timestamp with time zone, image text,
        constraint users_pkey primary key (id), constraint email_unique unique (email));
    create table if not exists next_auth.sessions (
        id uuid not null default gen_random_uuid(), expires timestamp with time zone not null, "sessionToken" text not null,
        "userId" uuid, constraint sessions_pkey primary key (id), constraint "sessionToken_unique" unique ("sessionToken"),
        constraint "sessions_userId_fkey" foreign key ("userId") references next_auth.users (id) on delete cascade);
    create table if not exists next_auth.accounts (
        id uuid not null default gen_random_uuid(), type text not null, provider text not null,
        "providerAccountId" text not null, refresh_token text, access_token text, expires_at bigint, token_type text, scope text,
        id_token text, session_state text, oauth_token_secret text, oauth_token text, "userId" uuid,
        constraint accounts_pkey primary key (id), constraint provider_unique unique (provider, "providerAccountId"),
        constraint "accounts_userId_fkey" foreign key ("userId") references next_auth.users (id) on delete cascade);
    create table if not exists next_auth.verification_tokens (
        identifier text, token text, expires timestamp with time zone not null,
        constraint verification_tokens_pkey primary key (token), constraint token_unique unique (token));
    insert into next_auth.users (id, email) values
        ('00000000-0000-4000-8000-000000000001', 'alice@contoso.example'), ('00000000-0000-4000-8000-000000000002', 'bob@contoso.example');
    insert into next_auth.accounts (type, provider, "providerAccountId", refresh_token, access_token, expires_at, scope, id_token, "userId") values
        ('oidc', 'microsoft-entra-id', 'pairwise', '0.ALICE', 'AT', 1795357490, 'openid profile email User.Read', '{ID_TOKEN}', '00000000-0000-4000-8000-000000000001'),
        ('oauth', 'azure-ad', 'bob', '0.BOB', 'AT', 1795357490, 'User.Read', null, '00000000-0000-4000-8000-000000000002'),
        ('oauth', 'azure-ad', 'carol', null, 'AT', 1795357490, 'User.Read', null, null),
        ('oauth', 'azure-ad-b2c', 'b2c', 'eyB2C', 'AT', 1795357490, '', null, null),
        ('oauth', 'github', '1', null, 'AT', null, '', null, null);"#;
