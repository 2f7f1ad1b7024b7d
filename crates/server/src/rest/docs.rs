//! stub
pub async fn page() {} pub async fn script() {} pub async fn style() {}
