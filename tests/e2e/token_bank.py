"""Stands between slipway and whoever gives tokens, and writes down all that is secret.

usage: token_bank.py FAKE REFRESH LOG
  FAKE     the stand-in for Firebase: what goes to /oauth2/ is handed on to it
  REFRESH  a refresh token that FAKE knows: for /v1/token (workload identity) and :generateAccessToken, an access
           token is fetched with it
  LOG      a JSON line a request: path, body, answer
Prints its URL once it listens; ends with its standard input."""
import http.client
import http.server
import json
import sys
import threading

FAKE, REFRESH, LOG = sys.argv[1:]


def ask(path, body, host):
    link = http.client.HTTPConnection(FAKE.split("//")[1])
    link.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded", "Host": host})
    answer = link.getresponse()
    return answer.status, answer.read().decode()


class Bank(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        path, host = self.path, self.headers["Host"]
        if path.startswith("/oauth2/"):
            status, text = ask(path, body, host)
        else:
            form = "grant_type=refresh_token&client_id=c&client_secret=s&refresh_token=" + REFRESH
            status, text = ask("/oauth2/v3/token", form, host)
            token = json.loads(text)["access_token"]
            said = {"access_token": token, "token_type": "Bearer", "expires_in": 3600,
                    "issued_token_type": "urn:ietf:params:oauth:token-type:access_token"}
            if path.endswith("Token"):
                said = {"accessToken": token, "expireTime": "2099-01-01T00:00:00Z"}
            text = json.dumps(said)
        with open(LOG, "a") as f:
            f.write(json.dumps({"path": path, "body": body, "auth": self.headers.get("Authorization"),
                                "answer": text}) + "\n")
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bank)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("http://127.0.0.1:%d" % server.server_port, flush=True)
sys.stdin.read()
