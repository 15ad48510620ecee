//! Tokens that MISE judges: here a side-car that answers what the test prepared.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aro_frontend::auth::{AnyOf, Audience, Authorizer, ByAudience, Caller, Closed, Knock, Mise, MiseConfig, Refusal};
use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use time::OffsetDateTime;
use tokio::task::JoinHandle;

use crate::support::{Service, cluster};

/// What the side-car was asked, and what it answers, the last answer again and again.
#[derive(Default)]
struct Said {
    asked: Mutex<Vec<String>>,
    answers: Mutex<Vec<u16>>,
}

async fn answer(State(said): State<Arc<Said>>, request: Request) -> Response {
    let header = |name: &str| {
        let value = request.headers().get(name);
        value.map_or("-", |value| value.to_str().unwrap()).to_string()
    };
    let question = format!(
        "{} {} {} {} {} {}",
        request.method(),
        request.uri().path(),
        header("original-method"),
        header("original-uri"),
        header("authorization"),
        header("x-forwarded-for"),
    );
    said.asked.lock().unwrap().push(question);
    let mut answers = said.answers.lock().unwrap();
    let status = if answers.len() > 1 {
        answers.remove(0)
    } else {
        answers[0]
    };
    let status = StatusCode::from_u16(status).unwrap();
    (status, [("error-description", "the token has expired")]).into_response()
}

struct SideCar {
    said: Arc<Said>,
    mise: Arc<Mise>,
    task: JoinHandle<()>,
}

async fn side_car() -> SideCar {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let said = Arc::new(Said::default());
    let router = Router::new().fallback(answer).with_state(said.clone());
    let task = tokio::spawn(crate::auth::axum_serve(listener, router));
    let config = MiseConfig {
        pause: Duration::ZERO,
        ..MiseConfig::new(format!("http://{address}").parse().unwrap())
    };
    SideCar {
        said,
        mise: Arc::new(Mise::new(config).unwrap()),
        task,
    }
}

impl SideCar {
    fn answers(&self, statuses: &[u16]) {
        *self.said.answers.lock().unwrap() = statuses.to_vec();
        self.said.asked.lock().unwrap().clear();
    }

    fn asked(&self) -> usize {
        self.said.asked.lock().unwrap().len()
    }
}

/// Lets in who shows any certificate.
struct Certificates;

#[async_trait]
impl Authorizer for Certificates {
    async fn authorize(&self, _: Audience, knock: &Knock<'_>, _: OffsetDateTime) -> Result<(), Refusal> {
        match knock.caller.certificates.is_empty() {
            true => Err(Refusal::new("no certificate")),
            false => Ok(()),
        }
    }

    async fn readiness(&self, _: OffsetDateTime) -> Result<(), Refusal> {
        Err(Refusal::new("never"))
    }
}

async fn service(arm: Arc<dyn Authorizer>) -> Service {
    Service::with(|parts| {
        parts.authorizer = Arc::new(ByAudience {
            arm,
            admin: Arc::new(Closed),
        });
    })
    .await
}

fn request(certificates: bool) -> http::Request<Body> {
    let mut request = http::Request::get(cluster("2023-11-22"))
        .header("host", "rp.example")
        .header("authorization", "Bearer token")
        .body(Body::empty())
        .unwrap();
    request.extensions_mut().insert(Caller {
        certificates: match certificates {
            true => Arc::new([vec![1].into()]),
            false => Arc::new([]),
        },
        peer: Some("10.1.2.3:4".parse().unwrap()),
    });
    request
}

#[tokio::test]
async fn the_side_car_judges_and_trouble_is_asked_about_again() {
    let side_car = side_car().await;
    let service = service(side_car.mise.clone()).await;
    for (answers, asked, status) in [
        (&[200][..], 1, 404),
        (&[401, 200], 1, 403),
        (&[403, 200], 1, 403),
        (&[503, 200], 2, 404),
        (&[429, 408, 200], 3, 404),
        (&[500], 3, 403),
    ] {
        side_car.answers(answers);
        let answer = service.raw(request(true)).await;
        assert_eq!(
            (answer.status.as_u16(), side_car.asked()),
            (status, asked),
            "{answers:?}"
        );
    }
    let question = side_car.said.asked.lock().unwrap()[0].clone();
    let path = cluster("2023-11-22").to_lowercase();
    let path = path.split('?').next().unwrap();
    assert_eq!(
        question,
        format!("POST /ValidateRequest GET http://rp.example{path} Bearer token 10.1.2.3")
    );

    // Operators are none of its business.
    side_car.answers(&[200]);
    assert_eq!(service.get("/admin/versions").await.status, 403);
    assert_eq!(side_car.asked(), 0);

    side_car.answers(&[200]);
    assert_eq!(service.get("/healthz/ready").await.status, 200);
    side_car.answers(&[503]);
    assert_eq!(service.get("/healthz/ready").await.status, 500);
    side_car.task.abort();
}

#[tokio::test]
async fn certificates_open_the_door_beside_it() {
    let side_car = side_car().await;
    let both = AnyOf::new(vec![side_car.mise.clone(), Arc::new(Certificates)]);
    let service = service(Arc::new(both)).await;
    for (answer, certificates, status) in [(200, false, 404), (401, true, 404), (401, false, 403)] {
        side_car.answers(&[answer]);
        assert_eq!(service.raw(request(certificates)).await.status, status);
    }
    // One of the two is enough to serve.
    side_car.answers(&[200]);
    assert_eq!(service.get("/healthz/ready").await.status, 200);
    side_car.answers(&[503]);
    assert_eq!(service.get("/healthz/ready").await.status, 500);
    assert!(Mise::new(MiseConfig::new("data:x".parse().unwrap())).is_err());
    side_car.task.abort();
}
