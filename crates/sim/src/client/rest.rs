//! REST, as a script speaks it.

use reqwest::{Client, Method};
use serde_json::Value;

use super::{ANSWER_TIMEOUT, Failure};

/// A REST client of one person, or of nobody yet.
#[derive(Debug, Clone)]
pub struct Rest {
    http: Client,
    base: String,
    token: Option<String>,
}

impl Rest {
    /// A client with a cookie jar, for the few calls before there is a token.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn with_cookies(address: &str) -> reqwest::Result<Self> {
        let http = Client::builder()
            .timeout(ANSWER_TIMEOUT)
            .cookie_store(true)
            .build()?;
        Ok(Self {
            http,
            base: format!("http://{address}"),
            token: None,
        })
    }

    /// A client that shows an API token.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn with_token(address: &str, token: &str) -> reqwest::Result<Self> {
        let http = Client::builder().timeout(ANSWER_TIMEOUT).build()?;
        Ok(Self {
            http,
            base: format!("http://{address}"),
            token: Some(token.to_owned()),
        })
    }

    /// Calls a method below `/api/v1`.
    ///
    /// # Errors
    /// [`Failure::Refused`] with the code of the problem document; [`Failure::Unknown`] for a
    /// fault of the server and for everything that is not an answer.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let mut request = self
            .http
            .request(method, format!("{}/api/v1{path}", self.base));
        request = match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request.header("origin", &self.base),
        };
        // A write without a body is JSON all the same, or a cookie does not count for it.
        let body = body.cloned().unwrap_or_else(|| serde_json::json!({}));
        let response = request.json(&body).send().await.map_err(Failure::unknown)?;
        let status = response.status();
        let bytes = response.bytes().await.map_err(Failure::unknown)?;
        let value: Value = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).map_err(Failure::unknown)?
        };
        if status.is_success() {
            return Ok(value);
        }
        match value.get("code").and_then(Value::as_str) {
            Some("fault") | None => Err(Failure::Unknown(format!("{status}: {value}"))),
            Some(code) => Err(Failure::Refused {
                code: code.to_owned(),
            }),
        }
    }

    /// Reads something.
    ///
    /// # Errors
    /// Those of [`Rest::call`].
    pub async fn read(&self, path: &str) -> Result<Value, Failure> {
        let request = self.http.get(format!("{}/api/v1{path}", self.base));
        let request = match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let response = request.send().await.map_err(Failure::unknown)?;
        let status = response.status();
        let value: Value = response.json().await.map_err(Failure::unknown)?;
        if status.is_success() {
            return Ok(value);
        }
        let code = value.get("code").and_then(Value::as_str).unwrap_or("fault");
        Err(Failure::Refused {
            code: code.to_owned(),
        })
    }

    /// Whether the server is ready to serve.
    pub async fn is_ready(&self) -> bool {
        let asked = self.http.get(format!("{}/readyz", self.base)).send().await;
        asked.is_ok_and(|response| response.status().is_success())
    }
}
