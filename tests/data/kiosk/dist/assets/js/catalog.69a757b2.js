/* catalogues of the chain; CATALOG_ID in config.js chooses which shelf a kiosk shows */
window.KIOSK_CATALOG=(function(){"use strict";
var categories=[{id:"drinks",title:"Drinks"},{id:"snacks",title:"Snacks"},{id:"meals",title:"Meals"},{id:"care",title:"Care"}];
var products=[
{id:"water",category:"drinks",title:"Still water 0.6 l",price:1000,icon:"bottle",limit:12},
{id:"thai-tea",category:"drinks",title:"Thai tea, iced",price:4500,icon:"cup",limit:6},
{id:"oolong",category:"drinks",title:"Oolong, no sugar",price:2500,icon:"bottle",limit:12},
{id:"latte",category:"drinks",title:"Caffe latte",price:6500,icon:"cup",limit:6},
{id:"coconut",category:"drinks",title:"Young coconut",price:5500,icon:"leaf",limit:4},
{id:"seaweed",category:"snacks",title:"Crispy seaweed",price:3500,icon:"bag",limit:10},
{id:"banana",category:"snacks",title:"Banana chips",price:3000,icon:"bag",limit:10},
{id:"peanut",category:"snacks",title:"Roasted peanuts",price:2000,icon:"bag",limit:10},
{id:"mango",category:"snacks",title:"Dried mango",price:7900,icon:"leaf",limit:8},
{id:"mochi",category:"snacks",title:"Mochi, four pieces",price:4900,icon:"box",limit:6},
{id:"krapow",category:"meals",title:"Basil chicken rice",price:6900,icon:"bowl",limit:4},
{id:"green-curry",category:"meals",title:"Green curry",price:7900,icon:"bowl",limit:4},
{id:"padthai",category:"meals",title:"Pad thai",price:7500,icon:"bowl",limit:4},
{id:"salad",category:"meals",title:"Papaya salad",price:5900,icon:"leaf",limit:4},
{id:"sandwich",category:"meals",title:"Ham and cheese toast",price:3200,icon:"box",limit:6},
{id:"mask",category:"care",title:"Face masks, ten",price:2900,icon:"box",limit:3},
{id:"balm",category:"care",title:"Herbal balm",price:5900,icon:"jar",limit:3},
{id:"wipes",category:"care",title:"Wet wipes",price:1900,icon:"bag",limit:5},
{id:"umbrella",category:"care",title:"Folding umbrella",price:19900,icon:"umbrella",limit:2},
{id:"charger",category:"care",title:"USB-C cable 1 m",price:14900,icon:"box",limit:2}];
/* each shelf leaves something out, so that two kiosks never look alike */
function shelf(id){var number=Number(id)||0;
return products.filter(function(p,index){return(index*7+number)%6!==0}).map(function(p){
return Object.assign({},p,{price:p.price+(number%3)*100})})}
return{categories:categories,shelf:shelf};
})();
