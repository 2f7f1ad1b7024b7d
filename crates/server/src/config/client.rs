//! Who may connect to the real-time doors without an account here.

use base::limits::SUBSCRIPTIONS_PER_CONNECTION_MAX;

use super::section::section;

section! {
    /// Clients of a developer's own product: who may connect to the real-time doors without an
    /// account here. Tokens are JWTs that the developer's backend signs; their claims are those
    /// of Centrifugo. Without a key nobody but people with an account comes in.
    Client as "client" {
        /// No token is needed and everything is allowed in app channels: for trying things out.
        /// The server starts with it only when nobody but this machine can reach it.
        insecure: bool = false,
        /// A client without a token connects as the anonymous user, whose name is empty.
        anonymous: bool = false,
        /// The server subscribes each user of a developer's product to the channel `#<user>`.
        user_channel: bool = false,
        /// Subscriptions that one connection may have.
        channel_limit: usize = SUBSCRIPTIONS_PER_CONNECTION_MAX,
        /// The secret of tokens signed with HS256, HS384 or HS512.
        #[example = "\"32 or more random characters\""]
        token_hmac_secret: String = String::new(),
        /// The secret before it, believed until it is taken away here.
        token_hmac_secret_previous: String = String::new(),
        /// The public key of tokens signed with RS256, RS384 or RS512, as PEM.
        token_rsa_public_key: String = String::new(),
        /// The public key of tokens signed with ES256 or ES384, as PEM.
        token_ecdsa_public_key: String = String::new(),
        /// Where the public keys of tokens are published as a JSON Web Key Set; EdDSA as well.
        #[example = "\"https://id.example.org/.well-known/jwks.json\""]
        token_jwks_url: String = String::new(),
        /// What the claim `aud` of a token must hold. Empty: anything.
        token_audience: String = String::new(),
        /// What it must look like, instead: a regular expression. Empty: anything.
        token_audience_regex: String = String::new(),
        /// What the claim `iss` of a token must be. Empty: anything.
        token_issuer: String = String::new(),
        /// What it must look like, instead: a regular expression. Empty: anything.
        token_issuer_regex: String = String::new(),
        /// The claim that names the user. Empty: `sub`.
        token_user_claim: String = String::new(),
        /// The secret of tokens for one channel. Empty: all the keys above.
        subscription_token_hmac_secret: String = String::new(),
    }
}

impl Client {
    /// How many keys for tokens it names.
    #[must_use]
    pub fn keys(&self) -> usize {
        let keys = [
            &self.token_hmac_secret,
            &self.token_hmac_secret_previous,
            &self.token_rsa_public_key,
            &self.token_ecdsa_public_key,
            &self.token_jwks_url,
            &self.subscription_token_hmac_secret,
        ];
        keys.iter().filter(|key| !key.is_empty()).count()
    }

    /// Says which value makes no sense, if one does.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.channel_limit == 0 {
            return Err("[client] channel_limit must be above 0".to_owned());
        }
        let pairs = [
            ("audience", &self.token_audience, &self.token_audience_regex),
            ("issuer", &self.token_issuer, &self.token_issuer_regex),
        ];
        for (what, exact, regex) in pairs {
            if !exact.is_empty() && !regex.is_empty() {
                return Err(format!(
                    "[client] token_{what} or token_{what}_regex, not both"
                ));
            }
        }
        let url = self.token_jwks_url.as_str();
        if !url.is_empty() && !url.starts_with("https://") && !url.starts_with("http://") {
            return Err(format!("[client] token_jwks_url: {url:?} is no URL"));
        }
        Ok(())
    }
}
