/*! tiny-dom 1.4.0 */
(function(w,d){"use strict";
var queue=[],scheduled=false;
function flush(){scheduled=false;var jobs=queue;queue=[];jobs.forEach(function(job){job()})}
function schedule(job){if(queue.indexOf(job)<0)queue.push(job);if(!scheduled){scheduled=true;(w.requestAnimationFrame||w.setTimeout)(flush)}}
function append(node,child){if(child===null||child===undefined||child===false)return;
if(Array.isArray(child)){child.forEach(function(one){append(node,one)});return}
node.appendChild(child.nodeType?child:d.createTextNode(String(child)))}
function h(name,props){var node=name==="svg"||name==="use"?d.createElementNS("http://www.w3.org/2000/svg",name):d.createElement(name);
Object.keys(props||{}).forEach(function(key){var value=props[key];
if(key.slice(0,2)==="on"&&typeof value==="function")node.addEventListener(key.slice(2).toLowerCase(),value);
else if(key==="class")node.setAttribute("class",value);
else if(key==="dataset")Object.keys(value).forEach(function(k){node.dataset[k]=value[k]});
else if(value===true)node.setAttribute(key,"");
else if(value!==false&&value!==null&&value!==undefined)node.setAttribute(key,value)});
for(var i=2;i<arguments.length;i++)append(node,arguments[i]);
return node}
function mount(target,view){var paint=function(){var focus=d.activeElement&&d.activeElement.dataset?d.activeElement.dataset.key:null;
target.replaceChildren();append(target,view());
if(focus){var again=target.querySelector('[data-key="'+focus+'"]');if(again)again.focus()}};paint();return paint}
function store(initial){var state=Object.assign({},initial),listeners=[];
return{get:function(){return state},
set:function(change){var next=typeof change==="function"?change(state):change;state=Object.assign({},state,next);listeners.forEach(schedule)},
subscribe:function(fn){listeners.push(fn);return function(){listeners=listeners.filter(function(l){return l!==fn})}}}}
function persist(key,fallback){var saved=null;
try{saved=JSON.parse(w.localStorage.getItem(key)||"null")}catch(e){saved=null}
return{value:saved===null?fallback:saved,
save:function(value){try{w.localStorage.setItem(key,JSON.stringify(value))}catch(e){return false}return true}}}
function money(currency,locale){var format=null;
try{format=new w.Intl.NumberFormat(locale,{style:"currency",currency:currency,minimumFractionDigits:0})}catch(e){format=null}
return function(satang){var amount=satang/100;return format?format.format(amount):amount.toFixed(2)+" "+currency}}
w.TinyDom={h:h,mount:mount,store:store,persist:persist,money:money,schedule:schedule};
})(window,document);
