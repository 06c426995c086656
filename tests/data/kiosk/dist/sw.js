/* keeps the shell of the kiosk usable without a network; pages and config.js are always asked for first */
const CACHE="kiosk-7adfa9712708";
const SHELL=["./","assets/js/vendor.8d622383.js","assets/js/catalog.69a757b2.js","assets/js/index.d8242b3f.js","assets/css/index.519ee9fc.css","assets/fonts/kiosk-digits.19f286e8.woff2","assets/img/hero.6d1285c0.webp"];
self.addEventListener("install",event=>{event.waitUntil(caches.open(CACHE).then(cache=>cache.addAll(SHELL)).then(()=>self.skipWaiting()))});
self.addEventListener("activate",event=>{event.waitUntil(caches.keys().then(names=>Promise.all(names.filter(n=>n.startsWith("kiosk-")&&n!==CACHE).map(n=>caches.delete(n)))).then(()=>self.clients.claim()))});
const hashed=url=>/\.[0-9a-f]{8}\.[a-z0-9]+$/.test(url.pathname);
async function cacheFirst(request){const hit=await caches.match(request);if(hit)return hit;const answer=await fetch(request);if(answer.ok){const cache=await caches.open(CACHE);cache.put(request,answer.clone())}return answer}
async function networkFirst(request){try{const answer=await fetch(request);if(answer.ok){const cache=await caches.open(CACHE);cache.put(request,answer.clone())}return answer}catch(error){const hit=await caches.match(request);if(hit)return hit;throw error}}
self.addEventListener("fetch",event=>{const url=new URL(event.request.url);if(event.request.method!=="GET"||url.origin!==location.origin)return;event.respondWith(hashed(url)?cacheFirst(event.request):networkFirst(event.request))});
