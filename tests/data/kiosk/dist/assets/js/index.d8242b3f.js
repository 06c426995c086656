(function(w,d){"use strict";
var T=w.TinyDom,h=T.h,config=Object.assign({catalogId:0,title:"Kiosk",theme:"teal",currency:"THB",locale:"th-TH",idleSeconds:60,purchaseLimit:20,rfidUrl:"",notice:""},w.KIOSK_CONFIG);
var catalogue=w.KIOSK_CATALOG,products=catalogue.shelf(config.catalogId),price=T.money(config.currency,config.locale);
var saved=T.persist("kiosk-cart-"+config.catalogId,{}),byId={};
products.forEach(function(p){byId[p.id]=p});
function known(cart){var out={};Object.keys(cart).forEach(function(id){if(byId[id]&&cart[id]>0)out[id]=Math.min(cart[id],byId[id].limit)});return out}
var state=T.store({screen:"idle",category:"all",cart:known(saved.value),receipt:null,message:"",online:w.navigator?w.navigator.onLine!==false:true});
function pieces(cart){return Object.keys(cart).reduce(function(n,id){return n+cart[id]},0)}
function total(cart){return Object.keys(cart).reduce(function(n,id){return n+cart[id]*byId[id].price},0)}
function say(message){state.set({message:message});w.clearTimeout(say.timer);say.timer=w.setTimeout(function(){state.set({message:""})},2600)}
function change(id,by){state.set(function(s){var cart=Object.assign({},s.cart),next=(cart[id]||0)+by;
if(by>0&&next>byId[id].limit){say("At most "+byId[id].limit+" of this one");return{}}
if(by>0&&pieces(cart)>=config.purchaseLimit){say("At most "+config.purchaseLimit+" pieces at once");return{}}
if(next>0)cart[id]=next;else delete cart[id];
saved.save(cart);return{cart:cart}})}
function clear(){saved.save({});state.set({cart:{},receipt:null,category:"all"})}
function number(){var day=new Date(),seed=day.getHours()*3600+day.getMinutes()*60+day.getSeconds();return String(config.catalogId)+"-"+String(seed).padStart(5,"0")}
function pay(){var s=state.get();if(!pieces(s.cart))return;
state.set({screen:"receipt",receipt:{number:number(),total:total(s.cart),pieces:pieces(s.cart)}});saved.save({});
w.setTimeout(function(){if(state.get().screen==="receipt"){clear();state.set({screen:"idle"})}},12000)}
function icon(name){return h("svg",{"class":"icon","aria-hidden":"true"},h("use",{href:"#icon-"+name}))}
function card(p,cart){var count=cart[p.id]||0;
return h("article",{"class":"card"+(count?" card--chosen":"")},icon(p.icon),h("h3",{},p.title),h("p",{"class":"price"},price(p.price)),
h("div",{"class":"stepper"},h("button",{"class":"round",disabled:!count,"aria-label":"one less "+p.title,dataset:{key:"less-"+p.id},onClick:function(){change(p.id,-1)}},"\u2212"),
h("output",{},String(count)),h("button",{"class":"round round--add","aria-label":"one more "+p.title,dataset:{key:"more-"+p.id},onClick:function(){change(p.id,1)}},"+")))}
function tabs(s){var all=[{id:"all",title:"Everything"}].concat(catalogue.categories);
return h("nav",{"class":"tabs"},all.map(function(c){return h("button",{"class":"tab"+(s.category===c.id?" tab--on":""),dataset:{key:"tab-"+c.id},onClick:function(){state.set({category:c.id})}},c.title)}))}
function header(){return h("header",{"class":"top"},h("img",{"class":"logo",src:"assets/brand/logo.svg",alt:""}),h("div",{},h("h1",{},config.title),config.notice?h("p",{"class":"notice"},config.notice):null),
h("span",{"class":"badge"+(state.get().online?"":" badge--off")},state.get().online?"online":"offline"))}
function basket(s){var ids=Object.keys(s.cart);
return h("aside",{"class":"cart"},h("h2",{},"Your order"),ids.length?h("ul",{},ids.map(function(id){return h("li",{},h("span",{},byId[id].title),h("span",{"class":"times"},"\u00d7 "+s.cart[id]),h("span",{"class":"price"},price(byId[id].price*s.cart[id])))})):h("p",{"class":"empty"},"Nothing yet: tap a plus."),
h("p",{"class":"sum"},h("span",{},pieces(s.cart)+" of "+config.purchaseLimit),h("strong",{"class":"price"},price(total(s.cart)))),
h("button",{"class":"pay",disabled:!ids.length,dataset:{key:"pay"},onClick:pay},"Pay"),
h("button",{"class":"link",dataset:{key:"clear"},onClick:clear},"Start over"))}
function shop(s){var shown=products.filter(function(p){return s.category==="all"||p.category===s.category});
return[header(),tabs(s),h("main",{"class":"shop"},h("section",{"class":"grid"},shown.map(function(p){return card(p,s.cart)})),basket(s)),s.message?h("div",{"class":"toast",role:"status"},s.message):null]}
function receipt(s){return[header(),h("main",{"class":"receipt"},icon("check"),h("h2",{},"Thank you"),h("p",{},"Order ",h("strong",{"class":"digits"},s.receipt.number)),
h("p",{},s.receipt.pieces+" pieces, ",h("strong",{"class":"price"},price(s.receipt.total))),h("button",{"class":"pay",onClick:function(){clear();state.set({screen:"idle"})}},"Done"))]}
function idle(){return h("main",{"class":"idle",onClick:function(){state.set({screen:"shop"})}},h("img",{"class":"banner",src:"assets/brand/banner.svg",alt:""}),h("h1",{},config.title),h("p",{},"Touch to begin"),h("time",{"class":"digits"},clock()))}
function clock(){var now=new Date();return String(now.getHours()).padStart(2,"0")+":"+String(now.getMinutes()).padStart(2,"0")}
function view(){var s=state.get();return s.screen==="idle"?idle():s.screen==="receipt"&&s.receipt?receipt(s):shop(s)}
var quiet=0;
function wake(){quiet=0}
["pointerdown","keydown","touchstart"].forEach(function(name){d.addEventListener(name,wake,{passive:true})});
w.setInterval(function(){quiet++;var s=state.get();
if(s.screen!=="idle"&&quiet>=config.idleSeconds){clear();state.set({screen:"idle"})}
else if(s.screen==="idle"&&quiet%30===0)state.set({})},1000);
w.addEventListener("online",function(){state.set({online:true})});
w.addEventListener("offline",function(){state.set({online:false})});
/* a card reader, where there is one, types the article's id */
var typed="";
d.addEventListener("keydown",function(event){if(event.key==="Enter"){if(byId[typed]){state.set({screen:"shop"});change(typed,1)}typed=""}else if(event.key.length===1)typed=(typed+event.key).slice(-24)});
d.documentElement.dataset.theme=config.theme;d.title=config.title;
var paint=T.mount(d.getElementById("app"),view);state.subscribe(paint);
if("serviceWorker" in w.navigator&&w.location.protocol.indexOf("http")===0)w.navigator.serviceWorker.register("sw.js").catch(function(){return null});
})(window,document);
