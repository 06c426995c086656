/* one client's settings; slipway writes this client's values into the double braces */
window.KIOSK_CONFIG = {
  client: "{{TARGET}}",
  catalogId: {{CATALOG_ID}},
  title: "{{TITLE}}",
  theme: "{{THEME}}",
  notice: "{{NOTICE}}",
  currency: "{{CURRENCY}}",
  locale: "{{LOCALE}}",
  apiUrl: "{{API_URL}}",
  rfidUrl: "{{RFID_URL}}",
  idleSeconds: {{IDLE_SECONDS}},
  purchaseLimit: {{PURCHASE_LIMIT}}
};
