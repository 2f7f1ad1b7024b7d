//! What a caller is told when something does not work: one type from the handlers to every door.
//!
//! A refusal is told as it is. A fault keeps its cause for the log and tells only a code and the
//! request id. REST renders it as `application/problem+json` (RFC 9457) in [`render`], which is
//! also the one place where faults are logged; the socket door takes [`Problem::code`] alone.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::Code;
use domain::Refusal;
use serde::Serialize;

/// Why a request was not carried out.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The stable code.
    pub code: Code,
    /// A sentence for a person.
    pub detail: String,
    /// The part of the input that is wrong.
    pub field: Option<String>,
    /// When trying again makes sense, in milliseconds from now.
    pub retry_after_ms: Option<u64>,
    /// What went wrong inside, for the log only.
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

/// What handlers return.
pub type Answer<T> = Result<T, Problem>;

impl Problem {
    /// A refusal of the whole request.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            field: None,
            retry_after_ms: None,
            cause: None,
        }
    }

    /// A refusal because of one part of the input.
    #[must_use]
    pub fn of(code: Code, field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::new(code, detail)
        }
    }

    /// Nothing there, or nothing that may be seen: the same sentence for both.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(
            Code::NotFound,
            "There is nothing here, or nothing you may see.",
        )
    }

    /// No session, or one that ended.
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::new(Code::Unauthenticated, "Log in first.")
    }

    /// Too often, or a queue is full: wait.
    #[must_use]
    pub fn wait(code: Code, retry_after_ms: u64, detail: impl Into<String>) -> Self {
        Self {
            retry_after_ms: Some(retry_after_ms.max(1)),
            ..Self::new(code, detail)
        }
    }

    /// Our fault. The cause goes to the log and nowhere else.
    #[must_use]
    pub fn fault(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let detail = "Something broke on our side. It has been noted; trying again may help.";
        Self {
            cause: Some(Arc::from(cause.into())),
            ..Self::new(Code::Fault, detail)
        }
    }

    /// The same problem, blamed on a part of the input.
    #[must_use]
    pub fn at(mut self, field: Option<&str>) -> Self {
        self.field = field.map(str::to_owned);
        self
    }

    /// The same problem with its cause kept for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(Arc::from(cause.into()));
        self
    }

    /// Writes the one line of the log that a fault is worth; refusals write none.
    pub fn log(&self, request_id: &str) {
        if let Some(cause) = &self.cause {
            tracing::error!(request_id, code = self.code.name(), cause = %Chain(&**cause), "fault");
        }
    }
}

/// The name between backticks in serde's own words, such as "missing field `text`".
fn field_in(message: &str) -> Option<&str> {
    let named = message.contains("field `");
    named.then(|| message.split('`').nth(1)).flatten()
}

/// What somebody is told whose JSON is not what it should be, without the parser's own words.
#[must_use]
pub fn unreadable(error: &serde_json::Error) -> Problem {
    let message = error.to_string();
    let detail = match error.classify() {
        serde_json::error::Category::Data => wrong_part(&message),
        serde_json::error::Category::Syntax => "This is not JSON.".to_owned(),
        serde_json::error::Category::Eof => "This JSON ends too early.".to_owned(),
        serde_json::error::Category::Io => "The body was cut off.".to_owned(),
    };
    Problem::new(Code::BadRequest, detail).at(field_in(&message))
}

/// A sentence about the part that serde complains of.
#[must_use]
pub fn wrong_part(message: &str) -> String {
    match field_in(message) {
        Some(field) if message.starts_with("missing") => format!("The part {field} is missing."),
        Some(field) if message.contains("unknown field") => {
            format!("There is no part called {field} here.")
        }
        Some(field) => format!("The part {field} is not right."),
        None => "A part of this has a value that it cannot have.".to_owned(),
    }
}

/// The same for the parts behind the question mark.
#[must_use]
pub fn unreadable_query(message: &str) -> Problem {
    Problem::new(Code::BadRequest, wrong_part(message)).at(field_in(message))
}

/// An error with everything that lies under it, on one line.
struct Chain<'a>(&'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)?;
        match &self.cause {
            Some(cause) => write!(f, " ({})", Chain(&**cause)),
            None => Ok(()),
        }
    }
}

impl Error for Problem {}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self {
            field: refusal.field.map(str::to_owned),
            ..Self::new(refusal.code, refusal.detail)
        }
    }
}

impl IntoResponse for Problem {
    /// An empty response that carries the problem; [`render`] writes the body, because only it
    /// knows the request id.
    fn into_response(self) -> Response {
        let mut response = StatusCode::from_u16(self.code.http_status())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The body of `application/problem+json`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemBody {
    /// Always `about:blank`: the code says which problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The code as a title.
    title: String,
    /// The HTTP status again.
    status: u16,
    /// The stable code: what a program reads.
    code: &'static str,
    /// A sentence for a person.
    detail: String,
    /// What the operator finds it by in the log.
    request_id: String,
    /// When to try again, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    /// The part of the input that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

fn title(code: Code) -> String {
    let mut title = code.name().replace('_', " ");
    if let Some(first) = title.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    title
}

/// Gives a response that carries a problem its body, and logs it when it is a fault.
#[must_use]
pub fn render(mut response: Response, request_id: &str) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    problem.log(request_id);
    let body = ProblemBody {
        kind: "about:blank",
        title: title(problem.code),
        status: problem.code.http_status(),
        code: problem.code.name(),
        detail: problem.detail,
        request_id: request_id.to_owned(),
        retry_after_ms: problem.retry_after_ms,
        field: problem.field,
    };
    let bytes = serde_json::to_vec(&body).unwrap_or_default();
    *response.body_mut() = Body::from(bytes);
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(retry_after_ms) = problem.retry_after_ms {
        headers.insert(
            header::RETRY_AFTER,
            HeaderValue::from(retry_after_ms.div_ceil(1000)),
        );
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_fault_tells_a_code_and_the_request_id_but_never_its_cause() {
        let problem = Problem::fault(std::io::Error::other("secret path"));
        let response = render(problem.into_response(), "q1");
        assert_eq!(response.status(), 500);
        let bytes = axum::body::to_bytes(response.into_body(), 10_000)
            .await
            .unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(text.contains("\"code\":\"fault\"") && text.contains("\"request_id\":\"q1\""));
        assert!(!text.contains("secret path"));
    }

    #[test]
    fn waiting_time_is_told_in_whole_seconds_rounded_up() {
        let problem = Problem::wait(Code::RateLimited, 1_200, "Wait.");
        let response = render(problem.into_response(), "q1");
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
    }
}
